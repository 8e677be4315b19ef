#include "training/transform/transform_spec.h"

#include <algorithm>

namespace crossloom {
namespace {

enum class Method {
  none,
  magnitude,
  array,
  group,
  trannsformer,
  trannsformer_published,
  offline,
  autoncs,
  admm,
  crossbar_aware,
  quantise,
  mixed,
  sequence
};
using MethodNames = std::vector<std::pair<std::string, Method>>;

const MethodNames& single_methods() {
  static const MethodNames names{{"none", Method::none},
                                 {"magnitude", Method::magnitude},
                                 {"array", Method::array},
                                 {"group", Method::group},
                                 {"trannsformer", Method::trannsformer},
                                 {"trannsformer-published", Method::trannsformer_published},
                                 {"offline", Method::offline},
                                 {"autoncs", Method::autoncs},
                                 {"admm", Method::admm},
                                 {"crossbar-aware", Method::crossbar_aware},
                                 {"quantise", Method::quantise}};
  return names;
}

MethodSpec read_settings(ConfigReader reader, Method method, const TransformTarget* target, bool follows) {
  switch (method) {
    case Method::magnitude:
      return read_magnitude_spec(reader);
    case Method::array:
      return read_array_sparsity_spec(reader);
    case Method::group:
      return read_group_lasso_spec(reader);
    case Method::trannsformer:
      return read_trannsformer_spec(reader);
    case Method::trannsformer_published:
      return read_trannsformer_published_spec(reader);
    case Method::offline:
      return read_offline_spec(reader);
    case Method::autoncs:
      return read_autoncs_spec(reader);
    case Method::admm:
      return read_admm_spec(reader, target, follows);
    case Method::crossbar_aware:
      return read_crossbar_aware_spec(reader, target);
    case Method::quantise:
      return read_quantise_spec(reader);
    case Method::none:
    case Method::mixed:
    case Method::sequence:
      break;
  }
  return NoneSpec{};
}

struct NameOf {
  const char* operator()(const NoneSpec&) const { return "none"; }
  const char* operator()(const MagnitudeSpec&) const { return "magnitude"; }
  const char* operator()(const ArraySparsitySpec&) const { return "array"; }
  const char* operator()(const GroupLassoSpec&) const { return "group"; }
  const char* operator()(const TrannsformerSpec&) const { return "trannsformer"; }
  const char* operator()(const TrannsformerPublishedSpec&) const { return "trannsformer-published"; }
  const char* operator()(const OfflineSpec&) const { return "offline"; }
  const char* operator()(const AutoNcsMethodSpec&) const { return "autoncs"; }
  const char* operator()(const AdmmSpec&) const { return "admm"; }
  const char* operator()(const CrossbarAwareSpec&) const { return "crossbar-aware"; }
  const char* operator()(const QuantiseSpec&) const { return "quantise"; }
  const char* operator()(const MixedSpec&) const { return "mixed"; }
  const char* operator()(const SequenceSpec&) const { return "sequence"; }
};

bool uses_array(const MethodSpec& spec) {
  return !std::holds_alternative<NoneSpec>(spec) && !std::holds_alternative<MagnitudeSpec>(spec) &&
         !std::holds_alternative<QuantiseSpec>(spec);
}

}  // namespace

const char* name_of(const MethodSpec& spec) { return std::visit(NameOf{}, spec); }
const char* name_of(const TransformSpec& spec) { return std::visit(NameOf{}, spec); }

MethodSpec read_method_spec(ConfigReader reader, const TransformTarget* target, bool follows) {
  return read_settings(reader, reader.choice<Method>("method", single_methods()), target, follows);
}

TransformSpec read_transform_spec(ConfigReader reader, const TransformTarget* target) {
  MethodNames names = single_methods();
  names.emplace_back("mixed", Method::mixed);
  names.emplace_back("sequence", Method::sequence);
  const Method method = reader.choice<Method>("method", names);
  if (method == Method::mixed) return read_mixed_spec(reader, target);
  if (method == Method::sequence) return read_sequence_spec(reader, target);
  return std::visit([](auto spec) -> TransformSpec { return spec; }, read_settings(reader, method, target, false));
}

namespace {

struct DependsOnArray {
  bool operator()(const MixedSpec& spec) const {
    return std::any_of(spec.parts.begin(), spec.parts.end(),
                       [](const MixedPart& part) { return uses_array(part.method); });
  }
  bool operator()(const SequenceSpec& spec) const {
    return std::any_of(spec.steps.begin(), spec.steps.end(), uses_array);
  }
  template <class Spec>
  bool operator()(const Spec& spec) const {
    return uses_array(spec);
  }
};

}  // namespace

bool depends_on_array(const TransformSpec& spec) { return std::visit(DependsOnArray{}, spec); }

}  // namespace crossloom
