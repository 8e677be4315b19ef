#include "app/training_curves.h"

#include <algorithm>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "traces/svg_chart.h"
#include "training/checkpoint.h"

namespace crossloom {
namespace {

Cell cell_of(const std::optional<double>& value) { return value ? Cell(*value) : Cell(); }

double shown(const EpochRecord& epoch) { return 100.0 * epoch.validation_accuracy.value_or(epoch.training_accuracy); }

std::string name_of(const TrainingCurve& curve) {
  std::string name = curve.network;
  if (!curve.array.empty()) name += " at " + curve.array;
  if (!curve.setting.empty()) name += ", " + curve.setting;
  return name;
}

}  // namespace

void save_trained(const TrainedNetwork& trained, const std::filesystem::path& network,
                  const std::filesystem::path& epochs) {
  write_file_atomically(epochs, to_json(trained.epochs).dump(1) + '\n');
  save_network(trained.network, network);
}

std::vector<EpochRecord> load_epochs(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return {};
  try {
    return history_from_json(nlohmann::json::parse(read_file(file)));
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

Table training_curves_table(const std::vector<TrainingCurve>& curves) {
  Table table("training_curves", {{"array", ColumnType::text, "array that blocks were to fill"},
                                  {"network", ColumnType::text, "dense, or the variant"},
                                  {"setting", ColumnType::text, "what a sweep changed"},
                                  {"seed", ColumnType::integer, "seed of the repetition"},
                                  {"epoch", ColumnType::integer, "from 1 on, of this training"},
                                  {"learning_rate", ColumnType::real, "of the epoch's last step"},
                                  {"training_loss", ColumnType::real, "mean over the epoch as it went, dropout on"},
                                  {"training_accuracy", ColumnType::real, "the same, a share"},
                                  {"validation_loss", ColumnType::real, "at the end of the epoch"},
                                  {"validation_accuracy", ColumnType::real, "at the end of the epoch, a share"},
                                  {"synapses", ColumnType::integer, "weights that are not 0 at the end of the epoch"}});
  for (const TrainingCurve& curve : curves) {
    for (const EpochRecord& epoch : curve.epochs) {
      table.add({curve.array, curve.network, curve.setting, static_cast<std::int64_t>(curve.seed),
                 std::int64_t{epoch.epoch}, epoch.learning_rate, epoch.training_loss, epoch.training_accuracy,
                 cell_of(epoch.validation_loss), cell_of(epoch.validation_accuracy),
                 static_cast<std::int64_t>(epoch.synapses)});
    }
  }
  return table;
}

std::string training_curves_svg(const std::vector<TrainingCurve>& curves, const std::string& experiment) {
  LineChart chart;
  chart.title = "Training";
  chart.x_axis = "epoch";
  chart.value_axis = "validation accuracy, %";
  chart.whole_x = true;
  std::size_t most = 0;
  double lowest = 100.0, highest = 0.0;
  std::vector<TrainingCurve> pictured;
  for (const TrainingCurve& curve : curves) {
    if (curve.pictured && !curve.epochs.empty()) pictured.push_back(curve);
  }
  for (const TrainingCurve& curve : pictured) {
    most = std::max(most, curve.epochs.size());
    for (const EpochRecord& epoch : curve.epochs) {
      lowest = std::min(lowest, shown(epoch));
      highest = std::max(highest, shown(epoch));
    }
  }
  for (std::size_t epoch = 1; epoch <= most; ++epoch) chart.x.push_back(static_cast<double>(epoch));
  for (const TrainingCurve& curve : pictured) {
    ChartSeries series{name_of(curve), std::vector<double>(most, std::numeric_limits<double>::quiet_NaN()), {}};
    std::transform(curve.epochs.begin(), curve.epochs.end(), series.values.begin(), shown);
    chart.series.push_back(std::move(series));
  }
  chart.lowest = std::min(lowest, highest);
  chart.highest = highest;
  constexpr double kWidth = 860.0, kHeight = 460.0, kMargin = 20.0;
  Picture picture(kWidth, kHeight, experiment, "what each epoch came to; transformations count their own epochs");
  picture.draw(chart, {kMargin, Picture::kHeader, kWidth - 2.0 * kMargin, kHeight - Picture::kHeader - kMargin});
  return picture.to_svg();
}

void write_curve(const std::string& network, std::uint64_t seed, const std::vector<EpochRecord>& epochs,
                 const std::filesystem::path& file) {
  if (epochs.empty()) return;
  write_file_atomically(std::filesystem::path(file).concat(".epochs.csv"),
                        training_curves_table({{"", network, "", seed, epochs, true}}).to_csv());
}

void write_curves(const std::vector<TrainingCurve>& curves, const std::string& experiment,
                  const std::filesystem::path& folder) {
  if (std::all_of(curves.begin(), curves.end(), [](const TrainingCurve& curve) { return curve.epochs.empty(); }))
    return;
  const Table table = training_curves_table(curves);
  std::filesystem::create_directories(folder / "tables");
  write_file_atomically(folder / "tables" / (table.name() + ".csv"), table.to_csv());
  write_file_atomically(folder / "training_curves.svg", training_curves_svg(curves, experiment));
}

}  // namespace crossloom
