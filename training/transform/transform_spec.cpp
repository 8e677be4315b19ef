#include "training/transform/transform_spec.h"

#include <algorithm>

namespace crossloom {
namespace {

enum class Method { none, magnitude, array, group, trannsformer, trannsformer_published, offline, autoncs, mixed };
using MethodNames = std::vector<std::pair<std::string, Method>>;

const MethodNames& single_methods() {
  static const MethodNames names{{"none", Method::none},
                                 {"magnitude", Method::magnitude},
                                 {"array", Method::array},
                                 {"group", Method::group},
                                 {"trannsformer", Method::trannsformer},
                                 {"trannsformer-published", Method::trannsformer_published},
                                 {"offline", Method::offline},
                                 {"autoncs", Method::autoncs}};
  return names;
}

MethodSpec read_settings(ConfigReader reader, Method method) {
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
    case Method::none:
    case Method::mixed:
      break;
  }
  return NoneSpec{};
}

template <class Spec>
constexpr bool kIgnoresArray = std::is_same_v<Spec, NoneSpec> || std::is_same_v<Spec, MagnitudeSpec>;

}  // namespace

MethodSpec read_method_spec(ConfigReader reader) {
  return read_settings(reader, reader.choice<Method>("method", single_methods()));
}

TransformSpec read_transform_spec(ConfigReader reader) {
  MethodNames names = single_methods();
  names.emplace_back("mixed", Method::mixed);
  const Method method = reader.choice<Method>("method", names);
  if (method == Method::mixed) return read_mixed_spec(reader);
  return std::visit([](auto spec) -> TransformSpec { return spec; }, read_settings(reader, method));
}

bool depends_on_array(const TransformSpec& spec) {
  if (const auto* mixed = std::get_if<MixedSpec>(&spec)) {
    return std::any_of(mixed->parts.begin(), mixed->parts.end(), [](const MixedPart& part) {
      return std::visit([](const auto& own) { return !kIgnoresArray<std::decay_t<decltype(own)>>; }, part.method);
    });
  }
  return std::visit([](const auto& own) { return !kIgnoresArray<std::decay_t<decltype(own)>>; }, spec);
}

}  // namespace crossloom
