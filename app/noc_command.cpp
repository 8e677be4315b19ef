// crossloom noc CHIP: the chip's network by itself, under artificial traffic.
#include <memory>
#include <string>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command_line.h"
#include "app/network_study.h"
#include "base/error.h"
#include "base/files.h"

namespace crossloom {
namespace {

struct NocCommand {
  std::string chip, traffic = "uniform", mesh, loads, json, csv, picture;
  std::vector<std::string> settings;
  double load = 0.1;
  std::uint32_t packet = 1, seeds = 1, threads = 0;
  std::uint64_t seed = 1;
  std::optional<std::uint32_t> hotspot;
  double hotspot_share = 0.1;
  MeasurementRule rule;
  bool quiet = false;
};

TrafficPattern pattern_of(const std::string& name) {
  if (name == "transpose") return TrafficPattern::transpose;
  if (name == "bit-complement") return TrafficPattern::bit_complement;
  return name == "hotspot" ? TrafficPattern::hotspot : TrafficPattern::uniform;
}

/// "8x8" as overrides of width and height.
std::vector<ConfigOverride> overrides_of(const NocCommand& arguments) {
  std::vector<ConfigOverride> overrides;
  if (!arguments.mesh.empty()) {
    const std::size_t cross = arguments.mesh.find('x');
    const auto digits = [](const std::string& text) {
      return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    };
    const std::string width = arguments.mesh.substr(0, cross);
    const std::string height = cross == std::string::npos ? "" : arguments.mesh.substr(cross + 1);
    if (!digits(width) || !digits(height)) {
      throw UserError(fmt::format("--mesh {}: give the routers as WIDTHxHEIGHT, for example 8x8", arguments.mesh));
    }
    overrides.push_back({"interconnect.width", width});
    overrides.push_back({"interconnect.height", height});
  }
  for (const std::string& setting : arguments.settings) overrides.push_back(parse_override(setting));
  return overrides;
}

TrafficSpec traffic_of(const NocCommand& arguments, const NetworkOnChipSpec& network) {
  TrafficSpec traffic;
  traffic.pattern = pattern_of(arguments.traffic);
  traffic.packet_flits = arguments.packet;
  traffic.hotspot_node = arguments.hotspot.value_or(network.nodes() / 2);
  traffic.hotspot_share = arguments.hotspot_share;
  traffic.seed = arguments.seed;
  traffic.rule = arguments.rule;
  if (traffic.rule.most_periods <= traffic.rule.warm_up_periods) {
    throw UserError(fmt::format("--most-periods {} leaves nothing to measure after {} periods of warm-up",
                                traffic.rule.most_periods, traffic.rule.warm_up_periods));
  }
  return traffic;
}

/// A row of the table as an object; what has no value is left out.
nlohmann::ordered_json row_json(const Table& table, std::size_t row) {
  nlohmann::ordered_json json;
  for (std::size_t column = 0; column < table.columns().size(); ++column) {
    const Cell& cell = table.rows()[row][column];
    const std::string& name = table.columns()[column].name;
    if (const auto* whole = std::get_if<std::int64_t>(&cell)) json[name] = *whole;
    if (const auto* real = std::get_if<double>(&cell)) json[name] = *real;
    if (const auto* text = std::get_if<std::string>(&cell)) json[name] = *text == "yes";  // the one text is `stable`
  }
  return json;
}

std::string json_of(const NocCommand& arguments, const LoadCurve& curve) {
  const Table table = load_table(curve);
  nlohmann::ordered_json json;
  json["chip"] = arguments.chip;
  json["traffic"] = arguments.traffic;
  json["nodes"] = curve.nodes;
  json["packet_flits"] = curve.packet_flits;
  json["seed"] = arguments.seed;
  json["seeds"] = arguments.seeds;
  if (curve.energies) json["energy_source"] = curve.energies->source;
  if (arguments.loads.empty()) {
    json.update(row_json(table, 0));
  } else {
    json["loads"] = nlohmann::ordered_json::array();
    for (std::size_t row = 0; row < table.rows().size(); ++row) json["loads"].push_back(row_json(table, row));
  }
  return json.dump(1) + "\n";
}

void print_summary(const NocCommand& arguments, const NetworkFile& file, const LoadCurve& curve) {
  const NetworkOnChipSpec& network = file.network;
  fmt::print("{}: {} nodes, {} routers, {} virtual channels of {} flits; {} cycles a router and link\n", arguments.chip,
             network.nodes(), network.routers(), network.all_virtual_channels(), network.buffer_flits,
             network.hop_cycles());
  fmt::print("{} traffic, packets of {} flit{}, {} seed{} from {}\n\n{}\n", arguments.traffic, arguments.packet,
             arguments.packet == 1 ? "" : "s", arguments.seeds, arguments.seeds == 1 ? "" : "s", arguments.seed,
             load_text(curve));
  double seconds = 0.0;
  std::uint64_t cycles = 0;
  for (const MeasuredLoad& load : curve.loads) {
    seconds += load.seconds;
    cycles += load.mean().cycles;
  }
  fmt::print("{} cycles in {:.2f} s of processor time, {:.0f} cycles/s\n", cycles, seconds,
             seconds > 0.0 ? static_cast<double>(cycles) / seconds : 0.0);
}

void refuse_to_overwrite_chip(const NocCommand& arguments) {
  for (const std::string& file : {arguments.json, arguments.csv, arguments.picture}) {
    std::error_code absent;
    if (!file.empty() && std::filesystem::equivalent(file, arguments.chip, absent)) {
      throw UserError(fmt::format("{} is the chip: write the answer elsewhere", file));
    }
  }
}

void measure_network(const NocCommand& arguments) {
  refuse_to_overwrite_chip(arguments);
  const NetworkFile file = read_network_file(arguments.chip, overrides_of(arguments));
  const TrafficSpec traffic = traffic_of(arguments, file.network);
  const std::vector<double> loads =
      arguments.loads.empty() ? std::vector<double>{arguments.load} : parse_loads(arguments.loads);
  const std::size_t threads =
      arguments.threads > 0 ? arguments.threads : std::max(1U, std::thread::hardware_concurrency());
  const std::unique_ptr<ProgressSink> console = make_console_progress();
  LoadCurve curve;
  curve.name = fmt::format("{}, {} traffic", file.name, arguments.traffic);
  curve.nodes = file.network.nodes();
  curve.packet_flits = arguments.packet;
  curve.energies = file.energies;
  curve.loads =
      measure_loads(file.network, traffic, loads, arguments.seeds, threads, arguments.quiet ? no_progress() : *console);
  if (!arguments.csv.empty()) write_file_atomically(arguments.csv, load_table(curve).to_csv());
  if (!arguments.picture.empty()) write_file_atomically(arguments.picture, load_curve_svg(curve));
  if (arguments.json == "-") {
    fmt::print("{}", json_of(arguments, curve));
    return;
  }
  print_summary(arguments, file, curve);
  if (!arguments.json.empty()) write_file_atomically(arguments.json, json_of(arguments, curve));
}

constexpr const char* kFooter =
    "\nCHIP is a file with an interconnect: section; nothing else of a chip is needed "
    "(configs/chips/booksim_mesh8.yaml):\n"
    "  interconnect:\n"
    "    topology: mesh           # torus, concentrated_mesh (nodes_per_router), tree (arity, levels), bus "
    "(bus_nodes)\n"
    "    width: 8\n"
    "    height: 8\n"
    "    routing: dimension_order # west_first, minimal_adaptive\n"
    "    virtual_channels: 4      # of buffer_flits each\n"
    "Every node creates packets in each cycle with the same probability and keeps them in a queue without limit.\n"
    "Measured as BookSim2 does it: periods of warm-up, then periods until latency and accepted load have settled "
    "three\n"
    "times in a row, then until every packet created meanwhile has arrived. Latency counts from creation. A load "
    "whose\n"
    "mean latency passes --latency-limit is not sustained (stable: no); its latency only says how long was waited.\n"
    "Examples:\n"
    "  crossloom noc configs/chips/booksim_mesh8.yaml --load 0.3 --packet 5 --json point.json\n"
    "  crossloom noc configs/chips/booksim_mesh8.yaml --loads 0.05:0.45:0.05 --seeds 5 --picture curve.svg --csv "
    "curve.csv\n"
    "  crossloom noc configs/chips/booksim_mesh8.yaml --traffic transpose --load 0.2 --set "
    "interconnect.routing=west_first\n"
    "The routers' pipeline and how it compares with BookSim2: docs/interconnect.md";

void add_measurement_options(CLI::App& command, NocCommand& arguments) {
  command.add_option("--seed", arguments.seed, "Seed of the traffic")->capture_default_str()->type_name("N");
  command.add_option("--seeds", arguments.seeds, "Measure every load with so many seeds and give means")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(1U, 1000U));
  command.add_option("--warm-up", arguments.rule.warm_up_periods, "Periods before anything is measured")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(0U, 1'000'000U));
  command.add_option("--period", arguments.rule.period_cycles, "Cycles of a period")
      ->capture_default_str()
      ->type_name("CYCLES")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  command.add_option("--most-periods", arguments.rule.most_periods, "Periods at most, warm-up included")
      ->capture_default_str()
      ->type_name("N")
      ->check(CLI::Range(1U, 1'000'000U));
  command.add_option("--latency-limit", arguments.rule.latency_limit_cycles, "Mean latency of a load not sustained")
      ->capture_default_str()
      ->type_name("CYCLES")
      ->check(CLI::PositiveNumber);
}

void add_traffic_options(CLI::App& command, NocCommand& arguments) {
  command
      .add_option("chip", arguments.chip, "File with an interconnect: section, e.g. configs/chips/booksim_mesh8.yaml")
      ->required()
      ->type_name("CHIP");
  command.add_option("--traffic", arguments.traffic, "Where packets go")
      ->capture_default_str()
      ->check(CLI::IsMember({"uniform", "transpose", "bit-complement", "hotspot"}));
  CLI::Option* load = command.add_option("--load", arguments.load, "Flits a node and cycle, more than 0 and at most 1")
                          ->capture_default_str()
                          ->type_name("F");
  command.add_option("--loads", arguments.loads, "Several loads, side by side: 0.1,0.2,0.3 or first:last:step")
      ->type_name("LIST")
      ->excludes(load);
  command.add_option("--packet", arguments.packet, "Flits of a packet")
      ->capture_default_str()
      ->type_name("FLITS")
      ->check(CLI::Range(1U, 65'536U));
  command.add_option("--mesh", arguments.mesh, "Routers of a mesh or torus instead of the file's")->type_name("KxK");
  command.add_option("--hotspot", arguments.hotspot, "Node of the hot spot (default: half the number of nodes)")
      ->type_name("NODE");
  command.add_option("--hotspot-share", arguments.hotspot_share, "Share of the packets that go there")
      ->capture_default_str()
      ->type_name("F");
  command
      .add_option("--set", arguments.settings,
                  "Change a value of the file, e.g. --set interconnect.buffer_flits=16; may be given several times")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
}

}  // namespace

void add_noc_command(CLI::App& app) {
  auto arguments = std::make_shared<NocCommand>();
  CLI::App* command = app.add_subcommand("noc", "Measure a chip's network on chip by itself, under artificial traffic");
  add_traffic_options(*command, *arguments);
  add_measurement_options(*command, *arguments);
  command->add_option("--json", arguments->json, "Write the figures as JSON; - prints them instead of the table")
      ->type_name("FILE");
  command->add_option("--csv", arguments->csv, "Write one line a load")->type_name("FILE");
  command->add_option("--picture", arguments->picture, "Write latency and accepted load over the load as SVG")
      ->type_name("FILE");
  command->add_option("--threads", arguments->threads, "Loads and seeds measured at the same time (default: all cores)")
      ->type_name("N")
      ->check(CLI::Range(1U, 1024U));
  command->add_flag("--quiet", arguments->quiet, "No progress");
  command->footer(kFooter);
  command->callback([arguments] { measure_network(*arguments); });
}

}  // namespace crossloom
