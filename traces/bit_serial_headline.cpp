// The figures of one seed on a bit-serial chip.
#include "traces/bit_serial_report.h"

namespace crossloom {

BitSerialHeadline headline(const BitSerialSeedReport& seed, const BitSerialChipSpec& chip) {
  BitSerialHeadline headline;
  const auto images = static_cast<double>(seed.result.images.size());
  std::uint64_t latency = 0;
  for (const BitSerialImage& image : seed.result.images) latency += image.latency_cycles();
  headline.energy_per_inference_j = seed.cost.total().si() / images;
  headline.latency_per_inference_s = chip.time_of(Cycles(latency)).si() / images;
  const double interval = seed.result.cycles_per_image > 0.0
                              ? seed.result.cycles_per_image * chip.time_of(Cycles(1)).si()
                              : headline.latency_per_inference_s;
  headline.throughput_per_s = 1.0 / interval;
  headline.power_w = seed.cost.total() / chip.time_of(Cycles(seed.result.elapsed_cycles)) / Power::from_si(1.0);
  headline.tops_per_w = 2.0 * static_cast<double>(seed.multiply_accumulates) / headline.energy_per_inference_j / 1e12;
  const BitSerialCounts total = seed.result.activity.total();
  const std::uint64_t conversions = total.of(BitSerialAction::conversion);
  if (conversions > 0) headline.clipped_share = static_cast<double>(total.clipped) / static_cast<double>(conversions);
  return headline;
}

Headline compared_headline(const BitSerialSeedReport& seed, const BitSerialChipSpec& chip) {
  const BitSerialHeadline own = headline(seed, chip);
  Headline compared{};
  compared.accuracy = seed.accuracy;
  compared.chip_accuracy = seed.chip_accuracy;
  compared.exact_accuracy = seed.exact_accuracy;
  compared.clipped_share = own.clipped_share;
  compared.synapses = static_cast<double>(seed.synapses);
  compared.crossbars = static_cast<double>(seed.crossbars);
  compared.physical_arrays = static_cast<double>(seed.physical_arrays);
  compared.tiles = static_cast<double>(seed.tiles);
  compared.utilisation = seed.utilisation;
  compared.area_mm2 = seed.tile_area.si() * 1e6;
  compared.array_area_mm2 = seed.array_area.si() * 1e6;
  compared.energy_per_inference_j = own.energy_per_inference_j;
  compared.latency_per_inference_s = own.latency_per_inference_s;
  compared.throughput_per_s = own.throughput_per_s;
  compared.power_w = own.power_w;
  compared.tops_per_w = own.tops_per_w;
  compared.energy_delay_product_js = own.energy_per_inference_j * own.latency_per_inference_s;
  return compared;
}

}  // namespace crossloom
