// Tables of results, times and spikes, and the list of all tables.
#include "traces/tables.h"

#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "traces/figures.h"
#include "traces/observation_tables.h"
#include "traces/table_cells.h"

namespace crossloom {

using namespace table_cells;

namespace {

Table comparison_table(const RunReport& report) {
  Table table("comparison",
              {variant_column(), text("figure", "name of the figure, with its unit; see the table summary"),
               real("mean", "mean over the seeds"),
               real("half_width_95", "half width of the 95 % interval of the mean (Student's t); empty with one seed"),
               integer("seeds", "number of seeds"), real("ratio_to_first", "mean / mean of the first variant"),
               real("difference_from_first", "mean of the differences from the first variant, seed by seed"),
               real("difference_half_width_95", "half width of the 95 % interval of that mean; empty with one seed")});
  for (const VariantReport& variant : report.variants) {
    for (const Figure& figure : all_figures()) {
      const ComparedFigure compared = compare(report, variant, figure);
      const Estimate& own = compared.estimate;
      const auto half_width = [](const Estimate& e) { return e.samples > 1 ? real_cell(e.half_width) : Cell(); };
      table.add({variant.name, figure.name, real_cell(own.mean), half_width(own), count_cell(own.samples),
                 real_cell(compared.ratio), compared.difference ? real_cell(compared.difference->mean) : Cell(),
                 compared.difference ? half_width(*compared.difference) : Cell()});
    }
  }
  return table;
}

std::vector<Column> summary_columns() {
  std::vector<Column> columns = {variant_column(), seed_column()};
  for (const Figure& figure : all_figures()) columns.push_back(real(figure.name, figure.description));
  const std::vector<Column> more = {
      real("accuracy_on_simulated", "accuracy of the real-valued network on the simulated images only"),
      real("validation_accuracy", "accuracy of the real-valued network on the validation set"),
      integer("tiles", "tiles that the area counts"),
      integer("images", "simulated images"),
      integer("elapsed_cycles", "chip cycles of all images, one after another"),
      real("traffic_hops", "packets x routers passed of the placement, as the mapper counts them"),
      real("traffic_hops_in_order", "the same for tiles placed in the order of their numbers")};
  columns.insert(columns.end(), more.begin(), more.end());
  return columns;
}

Table summary_table(const RunReport& report) {
  Table table("summary", summary_columns());
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    std::vector<Cell> row = {variant.name, seed_cell(seed)};
    const Headline figures = headline(seed, report.clock);
    for (const Figure& figure : all_figures()) row.push_back(real_cell(figures.*figure.value));
    const std::vector<Cell> more = {real_cell(seed.accuracy_on_simulated),
                                    real_cell(seed.validation_accuracy),
                                    count_cell(seed.area.tiles),
                                    count_cell(seed.simulation.images.size()),
                                    count_cell(seed.simulation.elapsed_cycles),
                                    real_cell(seed.traffic_hops),
                                    real_cell(seed.traffic_hops_in_order)};
    row.insert(row.end(), more.begin(), more.end());
    table.add(std::move(row));
  });
  return table;
}

Table layers_table(const RunReport& report) {
  Table table("layers", {variant_column(), seed_column(), text("layer", "name of the layer"),
                         integer("neurons", "outputs of the layer; empty where the report does not say"),
                         integer("synapses", "live weights of the layer")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    for (std::size_t l = 0; l < report.layer_names.size(); ++l) {
      table.add({variant.name, seed_cell(seed), report.layer_names[l],
                 report.layer_neurons.empty() ? Cell() : count_cell(report.layer_neurons[l + 1]),
                 count_cell(seed.layer_synapses[l])});
    }
  });
  return table;
}

Cell class_cell(const RunReport& report, std::size_t index) {
  return index < report.class_names.size() ? report.class_names[index] : std::to_string(index);
}

Table latency_table(const RunReport& report) {
  Table table("latency", {variant_column(), seed_column(), integer("image", "index of the image in its data set"),
                          text("label", "true class"), text("predicted", "class that the chip gave"),
                          integer("latency_cycles", "first input step begun to last output token, chip cycles"),
                          real("latency_s", "the same in s"),
                          integer("first_spike_cycles", "until the first output neuron fired; empty where none did"),
                          real("first_spike_s", "the same in s")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    for (std::size_t i = 0; i < seed.simulation.images.size(); ++i) {
      const TimedImage& image = seed.simulation.images[i];
      const auto first = image.timing.first_spike_cycles;
      table.add({variant.name, seed_cell(seed), count_cell(image.outcome.image), class_cell(report, seed.labels[i]),
                 class_cell(report, image.outcome.predicted), count_cell(image.timing.latency_cycles),
                 real_cell(seconds_of(image.timing.latency_cycles, report)), first ? count_cell(*first) : Cell(),
                 first ? real_cell(seconds_of(*first, report)) : Cell()});
    }
  });
  return table;
}

Table layer_latency_table(const RunReport& report) {
  Table table("layer_latency",
              {variant_column(), seed_column(), integer("image", "index of the image in its data set"),
               text("layer", "name of the layer"),
               integer("first_cycle", "its first step began, chip cycles since the image began"),
               integer("last_cycle", "its last step was done, chip cycles since the image began"),
               integer("duration_cycles", "last_cycle - first_cycle"), real("duration_s", "the same in s")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    for (const TimedImage& image : seed.simulation.images) {
      for (std::size_t l = 0; l < report.layer_names.size(); ++l) {
        const ImageTiming::LayerTiming& layer = image.timing.layers[l];
        const std::uint64_t duration = layer.last_cycle - layer.first_cycle;
        table.add({variant.name, seed_cell(seed), count_cell(image.outcome.image), report.layer_names[l],
                   count_cell(layer.first_cycle), count_cell(layer.last_cycle), count_cell(duration),
                   real_cell(seconds_of(duration, report))});
      }
    }
  });
  return table;
}

Table spikes_table(const RunReport& report) {
  Table table("spikes", {variant_column(), seed_column(), text("layer", "name of the layer; input: the encoded images"),
                         integer("spikes", "spikes of all neurons and steps, over all simulated images"),
                         real("spikes_per_image", "the same divided by the number of images"),
                         integer("neurons", "neurons of the layer; empty where the report does not say"),
                         real("firing_rate", "spikes per neuron and step, 0..1; empty like neurons")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    for (std::size_t l = 0; l <= report.layer_names.size(); ++l) {
      std::uint64_t spikes = 0;
      for (const TimedImage& image : seed.simulation.images) spikes += image.outcome.layer_spikes[l];
      const double per_image = static_cast<double>(spikes) / images_of(seed);
      const bool known = !report.layer_neurons.empty();
      const double places = known ? static_cast<double>(report.layer_neurons[l]) * report.steps : 0.0;
      table.add({variant.name, seed_cell(seed), l == 0 ? "input" : report.layer_names[l - 1], count_cell(spikes),
                 real_cell(per_image), known ? count_cell(report.layer_neurons[l]) : Cell(),
                 known ? real_cell(per_image / places) : Cell()});
    }
  });
  return table;
}

Table accuracy_by_steps_table(const RunReport& report) {
  Table table("accuracy_by_steps",
              {variant_column(), seed_column(), integer("steps", "time steps T after which the answer is read"),
               integer("images", "simulated images"), integer("correct", "of those, classified correctly"),
               real("chip_accuracy", "correct / images")});
  for_each_seed(report, [&](const VariantReport& variant, const SeedReport& seed) {
    for (std::uint32_t step = 0; step < report.steps; ++step) {
      const std::uint64_t correct = correct_after(seed, step + 1);
      table.add({variant.name, seed_cell(seed), count_cell(step + 1), count_cell(seed.simulation.images.size()),
                 count_cell(correct), real_cell(static_cast<double>(correct) / images_of(seed))});
    }
  });
  return table;
}

Table constants_table(const RunReport& report) {
  Table table("constants", {text("name", "name of the constant"), text("value", "value with its unit"),
                            text("source", "paper, tool or specification that it was taken from")});
  for (const SourcedConstant& constant : report.constants) table.add({constant.name, constant.value, constant.source});
  return table;
}

Table inputs_table(const RunReport& report) {
  Table table("inputs", {text("name", "file name without its folder, or what was generated"),
                         text("sha256", "SHA-256 of its bytes, hexadecimal")});
  for (const InputDigest& input : report.inputs) table.add({input.name, input.sha256});
  return table;
}

Table versions_table(const RunReport& report) {
  Table table("versions", {text("name", "this program or a library"), text("version", "its version")});
  for (const auto& [name, version] : report.versions) table.add({name, version});
  return table;
}

}  // namespace

std::vector<Table> report_tables(const RunReport& report) {
  const auto problem = problem_of(report);
  CROSSLOOM_CHECK(!problem, problem.value_or(""));
  std::vector<Table> tables = {comparison_table(report), summary_table(report),       layers_table(report),
                               energy_table(report),     energy_groups_table(report), area_table(report),
                               latency_table(report),    layer_latency_table(report), spikes_table(report),
                               packets_table(report),    programming_table(report),   accuracy_by_steps_table(report),
                               constants_table(report),  inputs_table(report),        versions_table(report)};
  if (!observed(report)) return tables;
  for (Table& table : observation_tables(observed_run(report))) tables.push_back(std::move(table));
  return tables;
}

std::string table_description(const std::string& name) {
  static const std::map<std::string, std::string> descriptions = {
      {"comparison", "One row for each variant and figure: mean over seeds, interval, relation to the first variant."},
      {"summary", "One row for each variant and seed: the headline figures."},
      {"layers", "One row for each variant, seed and layer."},
      {"energy", "One row for each variant, seed, component, action, layer and tile."},
      {"energy_groups", "One row for each variant, seed and group; the sums of the table energy."},
      {"area", "One row for each variant, seed and component of the chip."},
      {"latency", "One row for each variant, seed and image."},
      {"layer_latency", "One row for each variant, seed, image and layer."},
      {"spikes", "One row for each variant, seed and layer, the input first."},
      {"packets", "One row for each variant, seed and layer, the host last."},
      {"programming", "One row for each variant and seed: what writing the weights cost."},
      {"accuracy_by_steps", "One row for each variant, seed and number of time steps: accuracy against T."},
      {"constants", "One row for each constant used, with its source."},
      {"inputs", "One row for each input file or generated data set."},
      {"versions", "One row for this program and each library."},
      {"stalls", "Of a bit-serial chip: one row for each variant, seed and thing waited for."},
      {"components", "Of a bit-serial chip: one row for each component, with its numbers and their source."},
      {"utilisation", "With `--observe`: one row for each variant, seed and unit, over the observed images."},
      {"utilisation_by_image", "With `--observe`: one row for each variant, seed, observed image and kind of unit."},
      {"critical_path_shares",
       "With `--observe`: one row for each variant, seed, observed image, label and kind of unit."},
      {"critical_path", "With `--observe`: one row for each step of the first observed image's critical path."},
      {"energy_over_time", "With `--observe`: one row for each variant, seed, window of time and component."}};
  const auto found = descriptions.find(name);
  CROSSLOOM_CHECK(found != descriptions.end(), fmt::format("table {} has no description", name));
  return found->second;
}

std::vector<std::pair<std::string, std::string>> report_metadata(const RunReport& report) {
  return {{"schema_version", std::to_string(kTablesSchemaVersion)},
          {"experiment", report.experiment},
          {"dataset", report.dataset},
          {"chip", report.chip},
          {"clock_hz", format_real(report.clock.si())},
          {"steps", std::to_string(report.steps)},
          {"seed", std::to_string(report.seed)}};
}

}  // namespace crossloom
