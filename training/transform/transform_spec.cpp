#include "training/transform/transform_spec.h"

namespace crossloom {
namespace {

enum class Method { none, magnitude, array };

}  // namespace

TransformSpec read_transform_spec(ConfigReader reader) {
  switch (reader.choice<Method>(
      "method", {{"none", Method::none}, {"magnitude", Method::magnitude}, {"array", Method::array}})) {
    case Method::none:
      return NoneSpec{};
    case Method::magnitude:
      return read_magnitude_spec(reader);
    case Method::array:
      return read_array_sparsity_spec(reader);
  }
  return NoneSpec{};
}

bool depends_on_array(const TransformSpec& spec) {
  return !std::holds_alternative<NoneSpec>(spec) && !std::holds_alternative<MagnitudeSpec>(spec);
}

}  // namespace crossloom
