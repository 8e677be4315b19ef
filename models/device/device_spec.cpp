#include "models/device/device_spec.h"

#include <fmt/format.h>

namespace crossloom {

namespace {

class LawText {
 public:
  void add(std::string_view name, double value) { text_ += fmt::format("{} {:.17g}; ", name, value); }
  void add(std::string_view name, Conductance value) { add(name, value.si()); }
  void add(std::string_view name, const std::vector<Conductance>& values) {
    for (const Conductance value : values) add(name, value);
  }
  void add(std::string_view name, const LogarithmicFit& fit) {
    for (const double value : {fit.slope, fit.offset, fit.lowest, fit.highest}) add(name, value);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void add_faults(LawText& text, const FaultLaws& faults) {
  if (faults.clustered > 0.0) {
    text.add("clustered", faults.clustered);
    text.add("cluster_size", faults.cluster_size);
    text.add("clustered_at", static_cast<double>(faults.clustered_at));
  }
  if (faults.broken_wordlines > 0.0) text.add("broken_wordlines", faults.broken_wordlines);
  if (faults.broken_bitlines > 0.0) text.add("broken_bitlines", faults.broken_bitlines);
  if (faults.stuck_low) text.add("stuck_low", {faults.stuck_low->low, faults.stuck_low->high});
  if (faults.stuck_high) text.add("stuck_high", {faults.stuck_high->low, faults.stuck_high->high});
}

void add_aging(LawText& text, const DeviceSpec& device) {
  if (device.drift || device.retention) text.add("time_after_programming", device.time_after_programming.si());
  if (device.drift) {
    text.add("drift reference_time", device.drift->reference_time.si());
    text.add("drift full_scale", device.drift->full_scale);
    text.add("drift mean", device.drift->mean);
    text.add("drift deviation", device.drift->deviation);
    text.add("drift scale", device.drift->scale);
  }
  if (device.retention) {
    text.add("retention full_scale", device.retention->full_scale);
    text.add("retention scale", device.retention->scale);
    for (const RetentionLaw::Fit& fit : device.retention->fits) {
      text.add("retention time", fit.time.si());
      text.add("retention", fit.coefficients);
    }
  }
  if (device.temperature) {
    text.add("temperature", device.temperature->at.si());
    text.add("reference temperature", device.temperature->reference.si());
    text.add("activation_at_minimum_ev", device.temperature->activation_at_minimum_ev);
    text.add("activation_at_maximum_ev", device.temperature->activation_at_maximum_ev);
  }
}

}  // namespace

bool DeviceSpec::drifts() const {
  return drift && drift->scale > 0.0 && time_after_programming > drift->reference_time;
}

bool DeviceSpec::loses_retention() const {
  return retention && retention->scale > 0.0 && time_after_programming > retention->fits.front().time;
}

bool DeviceSpec::ideal() const {
  const bool written_exactly = level_conductances.empty() && programming_error == 0.0 &&
                               (!programming_law || programming_law->off()) && (!variation || variation->sigma == 0.0);
  const bool stays = !drifts() && !loses_retention() && (!temperature || temperature->off());
  const bool all_work = stuck_at_minimum == 0.0 && stuck_at_maximum == 0.0 && faults.clustered == 0.0 &&
                        faults.broken_wordlines == 0.0 && faults.broken_bitlines == 0.0;
  return written_exactly && stays && all_work && !read_noise.any();
}

Temperature DeviceSpec::working_temperature() const { return temperature ? temperature->at : TemperatureLaw{}.at; }

std::string programmed_laws_text(const DeviceSpec& device) {
  LawText text;
  text.add("level", device.level_conductances);
  if (device.programming_law) {
    text.add("programming_law", static_cast<double>(device.programming_law->kind));
    text.add("factor", device.programming_law->factor);
    text.add("coefficient", device.programming_law->coefficients);
    text.add("full_scale", device.programming_law->full_scale);
    text.add("scale", device.programming_law->scale);
  }
  if (device.variation) {
    text.add("variation", static_cast<double>(device.variation->kind));
    text.add("sigma", device.variation->sigma);
  }
  add_faults(text, device.faults);
  add_aging(text, device);
  return text.take();
}

}  // namespace crossloom
