// A tiny trained network for the transformation methods, and what all of them must keep.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "models/array_size.h"
#include "tests/training/tiny_networks.h"
#include "training/evaluate.h"
#include "training/trainer.h"

namespace crossloom::test {

inline const Dataset& method_images() {
  static const Dataset dataset = noisy_prototypes(400, 6, 4, 1);
  return dataset;
}

inline const Network& method_network() {
  static const Network network = train(network_spec({6, 6, 1}, {dense("hidden1", 50, false, Activation::relu),
                                                                dense("hidden2", 40, false, Activation::relu),
                                                                dense("output", 4, false, Activation::none)}),
                                       method_images(), quick_training(6), RandomKey(1))
                                     .network;
  return network;
}

/// Each live weight in exactly one block, and no block (leftovers aside) larger than the array.
inline void expect_whole(const Network& network, ArraySize array) {
  EXPECT_THAT(network_faults(network), testing::IsEmpty());
  for (const Layer& layer : network.layers) {
    EXPECT_FALSE(layer.blocks.empty());
    EXPECT_EQ(layer.live.size(), layer.weights.values.size());
    for (const Block& block : layer.blocks) {
      if (block.leftover) continue;
      EXPECT_LE(block.rows.size(), array.rows);
      EXPECT_LE(block.columns.size(), array.columns);
    }
  }
}

inline void expect_equal(const Network& a, const Network& b) {
  for (std::size_t l = 0; l < a.layers.size(); ++l) {
    const Layer& first = a.layers[LayerId(l)];
    const Layer& second = b.layers[LayerId(l)];
    EXPECT_EQ(first.weights.values, second.weights.values);
    EXPECT_EQ(first.live, second.live);
    ASSERT_EQ(first.blocks.size(), second.blocks.size());
    for (std::size_t k = 0; k < first.blocks.size(); ++k) {
      EXPECT_EQ(first.blocks[k].rows, second.blocks[k].rows);
      EXPECT_EQ(first.blocks[k].columns, second.blocks[k].columns);
    }
  }
}

/// With two threads, and stopped after some steps (in every phase of the method) and resumed.
inline void expect_same_bytes(const std::function<Network(const TrainOptions&)>& run) {
  class StopAfter final : public ProgressSink {
   public:
    explicit StopAfter(std::uint64_t steps) : steps_(steps) {}
    void update(const std::string&, std::uint64_t done, std::uint64_t, const std::string&) override {
      if (done == steps_) throw Interrupted();
    }
    void message(const std::string&) override {}

   private:
    std::uint64_t steps_;
  };
  const Network whole = run({});
  TrainOptions two;
  two.threads = 2;
  expect_equal(run(two), whole);
  const auto file = std::filesystem::temp_directory_path() / ("crossloom-method-test-" + std::to_string(getpid()));
  for (const std::uint64_t steps : {18U, 42U, 54U}) {
    StopAfter stop(steps);
    TrainOptions options;
    options.checkpoint_file = file;
    options.progress = &stop;
    EXPECT_THROW(run(options), Interrupted);
    options.progress = &no_progress();
    options.resume = true;
    expect_equal(run(options), whole);
    std::filesystem::remove(file);
  }
}

}  // namespace crossloom::test
