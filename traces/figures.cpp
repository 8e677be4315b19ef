// The list of figures and how each is shown and compared.
#include "traces/figures.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "traces/engineering.h"

namespace crossloom {

const std::vector<Figure>& all_figures() {
  using F = FigureForm;
  static const std::vector<Figure> figures = {
      {"accuracy",
       "1",
       F::accuracy,
       &Headline::accuracy,
       {"accuracy", "network"},
       "share of the test set that the real-valued network classifies correctly"},
      {"chip_accuracy",
       "1",
       F::accuracy,
       &Headline::chip_accuracy,
       {"accuracy", "on chip"},
       "share of the simulated images that the simulated chip classifies correctly"},
      {"synapses", "synapses", F::count, &Headline::synapses, {"", "synapses"}, "live weights of the network"},
      {"crossbars",
       "crossbars",
       F::count,
       &Headline::crossbars,
       {"cross-", "bars"},
       "logical crossbars of rows x columns weights in use"},
      {"physical_arrays",
       "arrays",
       F::count,
       &Headline::physical_arrays,
       {"", ""},
       "physical arrays: crossbars x weight slices, and x 2 for paired arrays"},
      {"utilisation",
       "1",
       F::share,
       &Headline::utilisation,
       {"utili-", "sation"},
       "live weights / (crossbars x rows x columns)"},
      {"area_mm2",
       "mm2",
       F::significant,
       &Headline::area_mm2,
       {"area", "mm2"},
       "area of the whole tiles, their routers and shared parts in proportion"},
      {"array_area_mm2",
       "mm2",
       F::significant,
       &Headline::array_area_mm2,
       {"", ""},
       "area of the arrays in use with their wordline drivers and neurons"},
      {"energy_per_inference_j",
       "J",
       F::engineering,
       &Headline::energy_per_inference_j,
       {"", "energy"},
       "energy of one inference, leakage included, mean over the simulated images"},
      {"latency_per_inference_s",
       "s",
       F::engineering,
       &Headline::latency_per_inference_s,
       {"", "latency"},
       "time from the first input step to the last output token, mean over the simulated images"},
      {"throughput_per_s",
       "/s",
       F::engineering,
       &Headline::throughput_per_s,
       {"through-", "put"},
       "inferences a second with one image in flight"},
      {"power_w", "W", F::engineering, &Headline::power_w, {"", "power"}, "energy / elapsed time"},
      {"tops_per_w",
       "TOPS/W",
       F::significant,
       &Headline::tops_per_w,
       {"", "TOPS/W"},
       "1e12 operations a joule, two operations for each live weight and inference"},
      {"energy_delay_product_js",
       "Js",
       F::engineering,
       &Headline::energy_delay_product_js,
       {"energy x", "delay"},
       "energy of one inference x its latency"},
  };
  return figures;
}

namespace {

/// A figure of spiking chips with what it means on a bit-serial one.
Figure meaning(const char* name, const char* description) {
  const auto& figures = all_figures();
  const auto at = std::find_if(figures.begin(), figures.end(),
                               [&](const Figure& figure) { return std::string(name) == figure.name; });
  CROSSLOOM_CHECK(at != figures.end(), "a figure of both kinds of chip");
  Figure figure = *at;
  figure.description = description;
  return figure;
}

}  // namespace

const std::vector<Figure>& compared_figures(bool bit_serial) {
  using F = FigureForm;
  static const std::vector<Figure> figures = {
      meaning("accuracy", "share of the test set that the real-valued network classifies correctly"),
      {"exact_accuracy",
       "1",
       F::accuracy,
       &Headline::exact_accuracy,
       {"", ""},
       "share of the simulated images that the network's integers classify correctly, without ADCs"},
      meaning("chip_accuracy", "share of the simulated images that the timed chip classifies correctly"),
      {"clipped_share", "1", F::share, &Headline::clipped_share, {"", ""}, "conversions that clipped, of all"},
      meaning("synapses", "live weights of the network, a kernel's once"),
      meaning("crossbars", "logical crossbars of rows x columns weights in use, all copies"),
      meaning("physical_arrays", "physical arrays: crossbars x those of a crossbar's weight slices"),
      {"tiles", "tiles", F::count, &Headline::tiles, {"", ""}, "tiles in use"},
      meaning("utilisation", "live weights, all copies / (crossbars x rows x columns)"),
      meaning("area_mm2", "area of the tiles in use, routers and shared parts in proportion"),
      meaning("array_area_mm2", "area of the arrays in use with DACs, sample-and-holds and their share of the ADCs"),
      meaning("energy_per_inference_j", "energy of one inference, leakage included, mean over the simulated images"),
      meaning("latency_per_inference_s",
              "time from an image's first value sent to its last output, mean over the images"),
      meaning("throughput_per_s", "images a second of a stream with as many in flight as the experiment has"),
      meaning("power_w", "energy / elapsed time"),
      meaning("tops_per_w", "1e12 operations a joule, two operations for each product of a live weight and inference"),
      meaning("energy_delay_product_js", "energy of one inference x its latency"),
  };
  return bit_serial ? figures : all_figures();
}

ComparedFigure compare(const RunReport& report, const VariantReport& variant, const Figure& figure) {
  const VariantReport& first = report.variants.front();
  const auto value = [&](const SeedReport& seed) { return headline(seed, report.clock).*figure.value; };
  std::vector<double> own, reference, differences;
  for (const SeedReport& seed : first.seeds) reference.push_back(value(seed));
  for (const SeedReport& seed : variant.seeds) {
    own.push_back(value(seed));
    const auto same = std::find_if(first.seeds.begin(), first.seeds.end(),
                                   [&](const SeedReport& other) { return other.seed == seed.seed; });
    if (same != first.seeds.end()) differences.push_back(own.back() - value(*same));
  }
  ComparedFigure compared;
  compared.estimate = estimate(own);
  compared.ratio = compared.estimate.mean / estimate(reference).mean;
  if (!differences.empty()) compared.difference = estimate(differences);
  return compared;
}

std::string show(const Figure& figure, double value) {
  if (!std::isfinite(value)) return "-";
  switch (figure.form) {
    case FigureForm::accuracy:
      return fmt::format("{:.2f} %", 100.0 * value);
    case FigureForm::share:
      return fmt::format("{:.1f} %", 100.0 * value);
    case FigureForm::count:
      return format_count(value);
    case FigureForm::significant:
      return format_significant(value);
    case FigureForm::engineering:
      return format_engineering(value, figure.unit);
  }
  return "-";
}

namespace {

int significant_decimals(double value) {
  if (value == 0.0) return 0;
  return std::max(0, 2 - static_cast<int>(std::floor(std::log10(std::fabs(value)))));
}

/// What the mean is divided by and how many decimals it has when shown.
EngineeringScale scale_of(const Figure& figure, double mean) {
  switch (figure.form) {
    case FigureForm::accuracy:
      return {0.01, "", 2};
    case FigureForm::share:
      return {0.01, "", 1};
    case FigureForm::count:
      return {1.0, "", 0};
    case FigureForm::significant:
      return {1.0, "", significant_decimals(mean)};
    case FigureForm::engineering:
      return engineering_scale(mean);
  }
  return {};
}

}  // namespace

std::string show_half_width(const Figure& figure, const Estimate& estimate) {
  if (!std::isfinite(estimate.half_width)) return "-";
  const EngineeringScale scale = scale_of(figure, estimate.mean);
  const double scaled = estimate.half_width / scale.factor;
  // Too small for the decimals of the mean, but not nothing: one digit of its own.
  if (scaled > 0.0 && scaled < 0.5 * std::pow(10.0, -scale.decimals)) return "±" + format_significant(scaled, 1);
  if (figure.form == FigureForm::count) return "±" + format_count(scaled);
  return fmt::format("±{:.{}f}", scaled, scale.decimals);
}

std::string show_relative(const Figure& figure, const ComparedFigure& compared) {
  if (figure.form == FigureForm::accuracy) {
    return compared.difference ? fmt::format("{:+.2f} pt", 100.0 * compared.difference->mean) : "-";
  }
  return std::isfinite(compared.ratio) ? "x" + format_significant(compared.ratio) : "-";
}

}  // namespace crossloom
