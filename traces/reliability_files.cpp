// The reliability study as tables and JSON.
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "traces/reliability.h"
#include "traces/table_cells.h"

namespace crossloom {

using namespace table_cells;

namespace {

using Json = nlohmann::ordered_json;

std::vector<Column> joined(std::vector<Column> columns, std::vector<Column> more) {
  for (Column& column : more) columns.push_back(std::move(column));
  return columns;
}

std::vector<Column> place_columns() {
  return {text("corner", "name of the corner"), variant_column(), integer("array_rows", "rows of a crossbar"),
          integer("array_columns", "columns of a crossbar")};
}

std::vector<Cell> place_cells(const CornerResult& corner, const ReliabilityCurve& curve, const MeasuredSize& size) {
  return {corner.name, curve.variant, count_cell(size.array.rows), count_cell(size.array.columns)};
}

template <class Visit>
void for_each_size(const ReliabilityStudy& study, Visit visit) {
  for (const CornerResult& corner : study.corners) {
    for (const ReliabilityCurve& curve : corner.curves) {
      for (const MeasuredSize& size : curve.sizes) visit(corner, curve, size);
    }
  }
}

void append(std::vector<Cell>& row, std::initializer_list<Cell> cells) { row.insert(row.end(), cells); }

Table sizes_table(const ReliabilityStudy& study) {
  Table table(
      "reliability_sizes",
      joined(place_columns(),
             {text("verdict", "reliable, not decided, unreliable or does not fit"),
              integer("chips", "programmed chips"), real("accuracy", "real-valued network, validation images"),
              real("ideal_chip_accuracy", "chip of ideal cells and wires, the same images"),
              real("chip_accuracy", "mean over chips, the same images"),
              real("loss", "accuracy minus chip accuracy, mean over chips"),
              real("loss_half_width_95", "half width of its two-sided 95 % interval"),
              real("loss_lower_95", "one-sided 95 % lower bound"), real("loss_upper_95", "one-sided 95 % upper bound"),
              real("test_loss", "mean loss on test images; decided sizes only"),
              real("test_loss_half_width_95", "half width of its two-sided 95 % interval"),
              real("energy_per_inference_j", "timed run of the first chip"),
              real("latency_per_inference_s", "timed run of the first chip"), real("area_mm2", "area of the chip"),
              real("array_area_mm2", "used arrays and their neurons"), integer("crossbars", "logical crossbars"),
              integer("physical_arrays", "arrays of those"), real("utilisation", "live weights / positions"),
              integer("timed_images", "images of the timed run, each the same as untimed")}));
  for_each_size(study, [&](const CornerResult& corner, const ReliabilityCurve& curve, const MeasuredSize& size) {
    std::vector<Cell> row = place_cells(corner, curve, size);
    row.emplace_back(std::string(size_verdict_name(verdict_of(size, study.largest_loss))));
    if (!size.does_not_fit.empty()) {
      row.resize(table.columns().size());
      table.add(std::move(row));
      return;
    }
    const LossInterval loss = loss_interval(size.losses);
    append(row, {count_cell(loss.chips), real_cell(size.accuracy), real_cell(size.ideal_accuracy),
                 real_cell(size.accuracy - loss.mean), real_cell(loss.mean), real_cell(loss.half_width),
                 real_cell(loss.lower), real_cell(loss.upper)});
    const LossInterval test = size.test ? loss_interval(size.test->losses) : LossInterval();
    append(row, {size.test ? real_cell(test.mean) : Cell(), size.test ? real_cell(test.half_width) : Cell()});
    const SizeCost& cost = size.cost;
    append(row, {real_cell(cost.energy_per_inference_j), real_cell(cost.latency_per_inference_s),
                 real_cell(cost.area_mm2), real_cell(cost.array_area_mm2), count_cell(cost.crossbars),
                 count_cell(cost.physical_arrays), real_cell(cost.utilisation), count_cell(cost.timed_images)});
    table.add(std::move(row));
  });
  return table;
}

Table chips_table(const ReliabilityStudy& study) {
  Table table("reliability_chips",
              joined(place_columns(), {text("images", "validation or test"), integer("chip", "0, 1, ..."),
                                       real("loss", "real-valued accuracy minus this chip's, the same images")}));
  for_each_size(study, [&](const CornerResult& corner, const ReliabilityCurve& curve, const MeasuredSize& size) {
    const auto add = [&](const char* images, const std::vector<double>& losses) {
      for (std::size_t chip = 0; chip < losses.size(); ++chip) {
        std::vector<Cell> row = place_cells(corner, curve, size);
        append(row, {std::string(images), count_cell(chip), real_cell(losses[chip])});
        table.add(std::move(row));
      }
    };
    add("validation", size.losses);
    if (size.test) add("test", size.test->losses);
  });
  return table;
}

Table layers_table(const ReliabilityStudy& study) {
  Table table(
      "reliability_layers",
      joined(place_columns(), {text("layer", "name of the layer"),
                               real("relative_rms_error", "of its neurons' spike counts against the ideal chip")}));
  for_each_size(study, [&](const CornerResult& corner, const ReliabilityCurve& curve, const MeasuredSize& size) {
    for (std::size_t l = 0; l < size.layer_errors.size(); ++l) {
      std::vector<Cell> row = place_cells(corner, curve, size);
      append(row, {study.layers.at(l), real_cell(size.layer_errors[l])});
      table.add(std::move(row));
    }
  });
  return table;
}

Table answers_table(const ReliabilityStudy& study) {
  Table table("reliability_answers",
              {text("corner", "name of the corner"), variant_column(),
               text("largest_reliable", "of which all smaller sizes are reliable too; empty where none is"),
               text("least_energy", "of the reliable sizes up to that one"),
               real("energy_per_inference_j", "at the size of least energy"), real("area_mm2", "at that size"),
               text("exceptions", "reliable sizes above one that is not")});
  const auto name = [](const ReliabilityCurve& curve, const std::optional<std::size_t>& size) {
    return size ? Cell(fmt::format("{}x{}", curve.sizes[*size].array.rows, curve.sizes[*size].array.columns)) : Cell();
  };
  for (const CornerResult& corner : study.corners) {
    for (const ReliabilityCurve& curve : corner.curves) {
      std::string exceptions;
      for (const std::size_t k : curve.decision.exceptions) {
        exceptions += (exceptions.empty() ? "" : " ") + std::get<std::string>(name(curve, k));
      }
      const auto& least = curve.decision.least_energy;
      table.add({corner.name, curve.variant, name(curve, curve.decision.largest), name(curve, least),
                 least ? real_cell(curve.sizes[*least].cost.energy_per_inference_j) : Cell(),
                 least ? real_cell(curve.sizes[*least].cost.area_mm2) : Cell(), exceptions});
    }
  }
  return table;
}

Table budget_table(const ReliabilityStudy& study) {
  Table table("reliability_budget",
              joined(place_columns(), {text("kind", "none, alone, all but, all: which causes are on"),
                                       text("cause", "the one that is alone or left out"),
                                       integer("chips", "programmed chips"), real("loss", "mean over chips"),
                                       real("loss_half_width_95", "half width of its two-sided 95 % interval")}));
  for (const CornerResult& corner : study.corners) {
    for (const ReliabilityCurve& curve : corner.curves) {
      for (const ErrorBudget& budget : curve.budgets) {
        for (const BudgetEntry& entry : budget.entries) {
          const LossInterval loss = loss_interval(entry.losses);
          std::vector<Cell> row = place_cells(corner, curve, curve.sizes[budget.size]);
          append(row, {std::string(budget_kind_name(entry.kind)), entry.cause, count_cell(loss.chips),
                       real_cell(loss.mean), real_cell(loss.half_width)});
          table.add(std::move(row));
        }
      }
    }
  }
  return table;
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json loss_json(const std::vector<double>& losses) {
  const LossInterval loss = loss_interval(losses);
  return {{"mean", loss.mean},
          {"half_width_95", number(loss.half_width)},
          {"lower_95", number(loss.lower)},
          {"upper_95", number(loss.upper)},
          {"chips", loss.chips}};
}

Json size_json(const ReliabilityStudy& study, const MeasuredSize& size) {
  Json json = {{"array_rows", size.array.rows},
               {"array_columns", size.array.columns},
               {"verdict", size_verdict_name(verdict_of(size, study.largest_loss))}};
  if (!size.does_not_fit.empty()) {
    json["reason"] = size.does_not_fit;
    return json;
  }
  const double mean = loss_interval(size.losses).mean;
  json.update({{"accuracy", size.accuracy},
               {"ideal_chip_accuracy", size.ideal_accuracy},
               {"chip_accuracy", size.accuracy - mean},
               {"loss", loss_json(size.losses)},
               {"energy_per_inference_j", number(size.cost.energy_per_inference_j)},
               {"latency_per_inference_s", number(size.cost.latency_per_inference_s)},
               {"area_mm2", size.cost.area_mm2},
               {"array_area_mm2", size.cost.array_area_mm2},
               {"crossbars", size.cost.crossbars},
               {"physical_arrays", size.cost.physical_arrays},
               {"utilisation", size.cost.utilisation},
               {"timed_images", size.cost.timed_images}});
  Json errors = Json::object();
  for (std::size_t l = 0; l < size.layer_errors.size(); ++l) errors[study.layers.at(l)] = number(size.layer_errors[l]);
  json["layer_errors"] = std::move(errors);
  if (size.test) json["test"] = {{"accuracy", size.test->accuracy}, {"loss", loss_json(size.test->losses)}};
  return json;
}

Json budget_json(const ReliabilityCurve& curve, const ErrorBudget& budget) {
  const BudgetShares shares = budget_shares(budget);
  Json json = {{"array_rows", curve.sizes[budget.size].array.rows},
               {"array_columns", curve.sizes[budget.size].array.columns},
               {"conversion", shares.conversion},
               {"all", shares.all},
               {"only_together", shares.together()}};
  json["causes"] = Json::array();
  for (std::size_t c = 0; c < budget.causes.size(); ++c) {
    json["causes"].push_back(
        {{"cause", budget.causes[c]}, {"alone", shares.alone[c]}, {"left_out_saves", shares.removed[c]}});
  }
  return json;
}

Json curve_json(const ReliabilityStudy& study, const ReliabilityCurve& curve) {
  const auto name = [&](const std::optional<std::size_t>& size) {
    if (!size) return Json();
    const ArraySize array = curve.sizes[*size].array;
    return Json{{"array_rows", array.rows}, {"array_columns", array.columns}};
  };
  Json json = {{"variant", curve.variant},
               {"largest_reliable", name(curve.decision.largest)},
               {"least_energy", name(curve.decision.least_energy)}};
  json["exceptions"] = Json::array();
  for (const std::size_t size : curve.decision.exceptions) json["exceptions"].push_back(name(size));
  json["sizes"] = Json::array();
  for (const MeasuredSize& size : curve.sizes) json["sizes"].push_back(size_json(study, size));
  json["budgets"] = Json::array();
  for (const ErrorBudget& budget : curve.budgets) json["budgets"].push_back(budget_json(curve, budget));
  return json;
}

}  // namespace

std::vector<Table> reliability_tables(const ReliabilityStudy& study) {
  return {sizes_table(study), chips_table(study), layers_table(study), answers_table(study), budget_table(study)};
}

std::string reliability_json(const ReliabilityStudy& study) {
  Json json = {{"experiment", study.experiment},
               {"dataset", study.dataset},
               {"chip", study.chip},
               {"steps", study.steps},
               {"seed", study.seed},
               {"largest_loss", study.largest_loss},
               {"validation_images", study.images},
               {"test_images", study.test_images},
               {"budget_images", study.budget_images},
               {"least_chips", study.rule.least},
               {"most_chips", study.rule.most},
               {"interval", study.rule.half_width}};
  json["corners"] = Json::array();
  for (const CornerResult& corner : study.corners) {
    Json one = {{"name", corner.name}, {"checked_images", corner.checked_images}};
    one["variants"] = Json::array();
    for (const ReliabilityCurve& curve : corner.curves) one["variants"].push_back(curve_json(study, curve));
    json["corners"].push_back(std::move(one));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace crossloom
