// Batch normalisation a channel (Ioffe and Szegedy, ICML 2015), with running averages for inference.
#pragma once

#include <memory>

#include "models/network.h"
#include "training/plain_nodes.h"

namespace crossloom {

/// Its parameters are scale and shift, its state the running mean and variance. In training it normalises by the
/// batch's own mean and (biased) variance, sums being found in double over panels of images in order.
class BatchNormNode : public TrainableNode {
 public:
  virtual void load(const BatchNorm& norm) = 0;
  virtual void store(BatchNorm& norm) const = 0;
};

std::unique_ptr<BatchNormNode> make_batch_norm_node(const NodeOptions& options, ComputePool& pool);

}  // namespace crossloom
