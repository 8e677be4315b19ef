#include "training/transform/none.h"

#include <numeric>

namespace crossloom {

Network keep_all_weights(const Network& network) {
  Network result = network;
  for (Layer& layer : result.layers) {
    Block whole;
    whole.rows.resize(layer.weights.rows);
    whole.columns.resize(layer.weights.columns);
    std::iota(whole.rows.begin(), whole.rows.end(), 0U);
    std::iota(whole.columns.begin(), whole.columns.end(), 0U);
    layer.blocks = {whole};
  }
  return result;
}

}  // namespace crossloom
