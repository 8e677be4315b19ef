#include "training/transform/transform_spec.h"

namespace crossloom {
namespace {

enum class Method { none, magnitude, array, group, trannsformer, trannsformer_published, offline, autoncs };

}  // namespace

TransformSpec read_transform_spec(ConfigReader reader) {
  switch (reader.choice<Method>("method", {{"none", Method::none},
                                           {"magnitude", Method::magnitude},
                                           {"array", Method::array},
                                           {"group", Method::group},
                                           {"trannsformer", Method::trannsformer},
                                           {"trannsformer-published", Method::trannsformer_published},
                                           {"offline", Method::offline},
                                           {"autoncs", Method::autoncs}})) {
    case Method::none:
      return NoneSpec{};
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
  }
  return NoneSpec{};
}

bool depends_on_array(const TransformSpec& spec) {
  return !std::holds_alternative<NoneSpec>(spec) && !std::holds_alternative<MagnitudeSpec>(spec);
}

}  // namespace crossloom
