// Small values in the archive's JSON header, long lists as arrays, simulations as archives within the archive.
#include "traces/run_report_file.h"

#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "base/archive.h"
#include "base/error.h"

namespace crossloom {

namespace {

using Json = nlohmann::json;

constexpr const char* kKind = "run_report";
constexpr int kVersion = 1;
/// Stands for an absent layer or tile; no chip has that many.
constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

/// Names of files may hold bytes that are no UTF-8, which JSON cannot.
std::string readable(const std::string& text) {
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

/// JSON has no infinities: a figure that does not exist (a validation accuracy without validation set) becomes null.
Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(); }

double number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

// ---- energies: one array a field ------------------------------------------------------------------------------------

void put_energy(Archive& archive, const std::string& at, const std::vector<EnergyEntry>& entries) {
  std::vector<std::uint8_t> components;
  std::vector<std::uint32_t> actions, layers, tiles;
  std::vector<std::uint64_t> counts;
  std::vector<double> energies;
  std::map<std::string, std::uint32_t> numbers;
  Json names = Json::array();
  for (const EnergyEntry& entry : entries) {
    const auto [found, added] = numbers.emplace(entry.action, static_cast<std::uint32_t>(numbers.size()));
    if (added) names.push_back(entry.action);
    components.push_back(static_cast<std::uint8_t>(entry.component));
    actions.push_back(found->second);
    layers.push_back(entry.layer ? entry.layer->value() : kNone);
    tiles.push_back(entry.tile ? entry.tile->value() : kNone);
    counts.push_back(entry.count);
    energies.push_back(entry.energy.si());
  }
  archive.header["actions"][at] = std::move(names);
  archive.put(at + "/component", components);
  archive.put(at + "/action", actions);
  archive.put(at + "/layer", layers);
  archive.put(at + "/tile", tiles);
  archive.put(at + "/count", counts);
  archive.put(at + "/energy_j", energies);
}

Component component_of(std::uint64_t number) {
  if (number >= kComponents) throw UserError("a component that this program does not know");
  return static_cast<Component>(number);
}

std::vector<EnergyEntry> get_energy(const Archive& archive, const std::string& at) {
  const auto components = archive.get<std::uint8_t>(at + "/component");
  const auto actions = archive.get<std::uint32_t>(at + "/action");
  const auto layers = archive.get<std::uint32_t>(at + "/layer");
  const auto tiles = archive.get<std::uint32_t>(at + "/tile");
  const auto counts = archive.get<std::uint64_t>(at + "/count");
  const auto energies = archive.get<double>(at + "/energy_j");
  const auto names = archive.header.at("actions").at(at).get<std::vector<std::string>>();
  const std::size_t size = components.size();
  if (actions.size() != size || layers.size() != size || tiles.size() != size || counts.size() != size ||
      energies.size() != size) {
    throw UserError("lists of energies of different lengths");
  }
  std::vector<EnergyEntry> entries;
  for (std::size_t i = 0; i < size; ++i) {
    EnergyEntry entry{component_of(components[i]), names.at(actions[i]), {}, {}, counts[i],
                      Energy::from_si(energies[i])};
    if (layers[i] != kNone) entry.layer = LayerId(layers[i]);
    if (tiles[i] != kNone) entry.tile = TileId(tiles[i]);
    entries.push_back(std::move(entry));
  }
  return entries;
}

// ---- one seed -------------------------------------------------------------------------------------------------------

Json area_json(const ChipArea& area) {
  Json entries = Json::array();
  for (const AreaEntry& entry : area.entries) {
    entries.push_back({static_cast<std::uint64_t>(entry.component), entry.count, finite(entry.area.si())});
  }
  return {{"chip_m2", finite(area.chip.si())},
          {"arrays_m2", finite(area.arrays.si())},
          {"crossbars", area.crossbars},
          {"physical_arrays", area.physical_arrays},
          {"tiles", area.tiles},
          {"entries", std::move(entries)}};
}

ChipArea area_from_json(const Json& json) {
  ChipArea area;
  area.chip = Area::from_si(number(json.at("chip_m2")));
  area.arrays = Area::from_si(number(json.at("arrays_m2")));
  area.crossbars = json.at("crossbars").get<std::uint64_t>();
  area.physical_arrays = json.at("physical_arrays").get<std::uint64_t>();
  area.tiles = json.at("tiles").get<std::uint64_t>();
  for (const Json& entry : json.at("entries")) {
    area.entries.push_back({component_of(entry.at(0).get<std::uint64_t>()), entry.at(1).get<std::uint64_t>(),
                            Area::from_si(number(entry.at(2)))});
  }
  return area;
}

Json groups_json(const CostBreakdown& cost) {
  return {finite(cost.array.si()), finite(cost.periphery.si()), finite(cost.network.si()), finite(cost.leakage.si())};
}

void groups_from_json(const Json& json, CostBreakdown& cost) {
  cost.array = Energy::from_si(number(json.at(0)));
  cost.periphery = Energy::from_si(number(json.at(1)));
  cost.network = Energy::from_si(number(json.at(2)));
  cost.leakage = Energy::from_si(number(json.at(3)));
}

Json programming_json(const ProgrammingReport& programming) {
  return {{"cells", programming.cells},
          {"stuck_cells", programming.stuck_cells},
          {"energy_j", finite(programming.energy.si())},
          {"time_s", finite(programming.time.si())}};
}

ProgrammingReport programming_from_json(const Json& json) {
  ProgrammingReport programming;
  programming.cells = json.at("cells").get<std::uint64_t>();
  programming.stuck_cells = json.at("stuck_cells").get<std::uint64_t>();
  programming.energy = Energy::from_si(number(json.at("energy_j")));
  programming.time = Time::from_si(number(json.at("time_s")));
  return programming;
}

void put_simulation(Archive& archive, const std::string& at, const SimulationResult& simulation) {
  SimulationResult kept;
  kept.images = simulation.images;
  kept.activity = simulation.activity;
  kept.elapsed_cycles = simulation.elapsed_cycles;
  kept.observations = simulation.observations;
  const std::string bytes = to_archive(kept).to_bytes();
  archive.put(at + "/simulation", std::vector<char>(bytes.begin(), bytes.end()));
}

SimulationResult get_simulation(const Archive& archive, const std::string& at, const std::string& origin) {
  const auto bytes = archive.get<char>(at + "/simulation");
  const Archive form = to_archive(SimulationResult{});
  return simulation_result_from_archive(
      Archive::from_bytes(std::string(bytes.begin(), bytes.end()), origin + ": " + at, form.kind(), form.version()));
}

Json put_seed(Archive& archive, const std::string& at, const SeedReport& seed) {
  put_energy(archive, at, seed.cost.energy);
  put_simulation(archive, at, seed.simulation);
  archive.put(at + "/labels", seed.labels);
  archive.put(at + "/layer_synapses", seed.layer_synapses);
  return {{"seed", seed.seed},
          {"accuracy", finite(seed.accuracy)},
          {"accuracy_on_simulated", finite(seed.accuracy_on_simulated)},
          {"validation_accuracy", finite(seed.validation_accuracy)},
          {"chip_accuracy", finite(seed.chip_accuracy)},
          {"synapses", seed.synapses},
          {"utilisation", finite(seed.utilisation)},
          {"area", area_json(seed.area)},
          {"energy_groups_j", groups_json(seed.cost)},
          {"programming", programming_json(seed.programming)},
          {"traffic_hops", finite(seed.traffic_hops)},
          {"traffic_hops_in_order", finite(seed.traffic_hops_in_order)}};
}

SeedReport get_seed(const Archive& archive, const std::string& at, const Json& json, const std::string& origin) {
  SeedReport seed;
  seed.seed = json.at("seed").get<std::uint64_t>();
  seed.accuracy = number(json.at("accuracy"));
  seed.accuracy_on_simulated = number(json.at("accuracy_on_simulated"));
  seed.validation_accuracy = number(json.at("validation_accuracy"));
  seed.chip_accuracy = number(json.at("chip_accuracy"));
  seed.synapses = json.at("synapses").get<std::uint64_t>();
  seed.layer_synapses = archive.get<std::uint64_t>(at + "/layer_synapses");
  seed.utilisation = number(json.at("utilisation"));
  seed.area = area_from_json(json.at("area"));
  groups_from_json(json.at("energy_groups_j"), seed.cost);
  seed.cost.energy = get_energy(archive, at);
  seed.programming = programming_from_json(json.at("programming"));
  seed.simulation = get_simulation(archive, at, origin);
  seed.labels = archive.get<std::uint8_t>(at + "/labels");
  seed.traffic_hops = number(json.at("traffic_hops"));
  seed.traffic_hops_in_order = number(json.at("traffic_hops_in_order"));
  return seed;
}

// ---- the run --------------------------------------------------------------------------------------------------------

std::string place_of(std::size_t variant, std::size_t seed) { return fmt::format("variant{}/seed{}", variant, seed); }

Json texts_json(const std::vector<std::string>& texts) {
  Json json = Json::array();
  for (const std::string& text : texts) json.push_back(readable(text));
  return json;
}

void put_lists(const RunReport& report, Json& header) {
  header["constants"] = Json::array();
  for (const SourcedConstant& constant : report.constants) {
    header["constants"].push_back(texts_json({constant.name, constant.value, constant.source}));
  }
  header["action_costs"] = Json::array();
  for (const ActionCost& cost : report.action_costs) {
    header["action_costs"].push_back(
        {static_cast<std::uint64_t>(cost.component), readable(cost.action), finite(cost.energy.si())});
  }
  header["inputs"] = Json::array();
  for (const InputDigest& input : report.inputs) header["inputs"].push_back(texts_json({input.name, input.sha256}));
  header["versions"] = Json::array();
  for (const auto& [name, version] : report.versions) header["versions"].push_back(texts_json({name, version}));
}

void get_lists(const Json& header, RunReport& report) {
  const auto text = [](const Json& json, std::size_t i) { return json.at(i).get<std::string>(); };
  for (const Json& c : header.at("constants")) report.constants.push_back({text(c, 0), text(c, 1), text(c, 2)});
  for (const Json& a : header.value("action_costs", Json::array())) {  // reports of earlier versions have none
    report.action_costs.push_back(
        {component_of(a.at(0).get<std::uint64_t>()), text(a, 1), Energy::from_si(number(a.at(2)))});
  }
  for (const Json& i : header.at("inputs")) report.inputs.push_back({text(i, 0), text(i, 1)});
  for (const Json& v : header.at("versions")) report.versions.emplace_back(text(v, 0), text(v, 1));
}

RunReport report_from_archive(const Archive& archive, const std::string& origin) {
  const Json& header = archive.header;
  RunReport report;
  report.experiment = header.at("experiment").get<std::string>();
  report.dataset = header.at("dataset").get<std::string>();
  report.chip = header.at("chip").get<std::string>();
  report.clock = Frequency::from_si(header.at("clock_hz").get<double>());
  report.steps = header.at("steps").get<std::uint32_t>();
  report.seed = header.at("seed").get<std::uint64_t>();
  report.layer_names = header.at("layer_names").get<std::vector<std::string>>();
  report.class_names = header.at("class_names").get<std::vector<std::string>>();
  report.layer_neurons = archive.get<std::uint64_t>("layer_neurons");
  get_lists(header, report);
  for (const Json& json : header.at("variants")) {
    VariantReport variant{json.at("name").get<std::string>(), {}};
    for (const Json& seed : json.at("seeds")) {
      const std::string at = place_of(report.variants.size(), variant.seeds.size());
      variant.seeds.push_back(get_seed(archive, at, seed, origin));
    }
    report.variants.push_back(std::move(variant));
  }
  return report;
}

}  // namespace

void save_run_report(const RunReport& report, const std::filesystem::path& file) {
  const auto problem = problem_of(report);
  CROSSLOOM_CHECK(!problem, problem.value_or(""));
  Archive archive(kKind, kVersion);
  Json& header = archive.header;
  header = {{"experiment", readable(report.experiment)},
            {"dataset", readable(report.dataset)},
            {"chip", readable(report.chip)},
            {"clock_hz", finite(report.clock.si())},
            {"steps", report.steps},
            {"seed", report.seed},
            {"layer_names", texts_json(report.layer_names)},
            {"class_names", texts_json(report.class_names)}};
  archive.put("layer_neurons", report.layer_neurons);
  put_lists(report, header);
  Json variants = Json::array();
  for (std::size_t v = 0; v < report.variants.size(); ++v) {
    Json seeds = Json::array();
    for (std::size_t s = 0; s < report.variants[v].seeds.size(); ++s) {
      seeds.push_back(put_seed(archive, place_of(v, s), report.variants[v].seeds[s]));
    }
    variants.push_back({{"name", readable(report.variants[v].name)}, {"seeds", std::move(seeds)}});
  }
  header["variants"] = std::move(variants);
  archive.save(file);
}

RunReport load_run_report(const std::filesystem::path& file) {
  const Archive archive = Archive::load(file, kKind, kVersion);
  const auto refuse = [&](const std::string& reason) {
    throw UserError(
        fmt::format("{}: not a usable run report ({}); make it again with: crossloom run", file.string(), reason));
  };
  RunReport report;
  try {
    report = report_from_archive(archive, file.string());
  } catch (const Json::exception& error) {
    refuse(error.what());
  } catch (const std::out_of_range&) {
    refuse("a number points outside its list");
  } catch (const UserError& error) {
    refuse(error.what());
  }
  if (const auto problem = problem_of(report)) refuse(*problem);
  return report;
}

}  // namespace crossloom
