#include "training/transform/none.h"

#include <numeric>

#include "training/transform/retraining.h"

namespace crossloom {
namespace {

Block whole_matrix(const Layer& layer) {
  Block whole;
  whole.rows.resize(layer.weights.rows);
  whole.columns.resize(layer.weights.columns);
  std::iota(whole.rows.begin(), whole.rows.end(), 0U);
  std::iota(whole.columns.begin(), whole.columns.end(), 0U);
  return whole;
}

class NoneMethod final : public TransformMethod {
 public:
  explicit NoneMethod(const MethodInputs& inputs) : TransformMethod(inputs) {}
  [[nodiscard]] std::string identity() const override { return "none"; }
  void save(Archive&) const override {}
  void restore(const Archive&) override {}
  void mark(LayerId, Layer& layer) const override {
    if (layer.live.empty()) layer.live.assign(layer.weights.values.size(), 1);
  }
  void cover(LayerId, Layer& layer) const override { layer.blocks = {whole_matrix(layer)}; }
};

}  // namespace

Network keep_all_weights(const Network& network) {
  Network result = network;
  for (Layer& layer : result.layers) layer.blocks = {whole_matrix(layer)};
  return result;
}

std::unique_ptr<TransformMethod> make_method(const MethodInputs& inputs, const NoneSpec&) {
  return std::make_unique<NoneMethod>(inputs);
}

}  // namespace crossloom
