#include "training/transform/sequence.h"

#include <fmt/format.h>

#include "training/transform/transform_spec.h"

namespace crossloom {
namespace {

/// Why the step cannot come after others; empty = it can.
std::string refusal(const MethodSpec& step) {
  if (std::holds_alternative<NoneSpec>(step)) return "none keeps all weights: it can only come first";
  const bool learns = std::holds_alternative<ArraySparsitySpec>(step) ||
                      std::holds_alternative<TrannsformerSpec>(step) ||
                      std::holds_alternative<TrannsformerPublishedSpec>(step);
  if (!learns) return {};
  return fmt::format("{} fills whole crossbars with weights, also removed ones: it can only come first", name_of(step));
}

}  // namespace

SequenceSpec read_sequence_spec(ConfigReader reader, const TransformTarget* target) {
  SequenceSpec spec;
  for (ConfigReader& step : reader.sections("steps")) {
    const bool follows = !spec.steps.empty();
    MethodSpec own = read_method_spec(step, target, follows);
    const std::string reason = follows ? refusal(own) : "";
    if (!reason.empty()) step.problem("method", reason);
    if (follows && std::holds_alternative<QuantiseSpec>(spec.steps.back())) {
      step.problem("method", fmt::format("{} cannot follow quantise: training it would move the weights off their "
                                         "levels; let quantise be the last step",
                                         name_of(own)));
    }
    spec.steps.push_back(std::move(own));
  }
  if (spec.steps.empty() && reader.has("steps")) reader.problem("steps", "at least one step is needed");
  return spec;
}

}  // namespace crossloom
