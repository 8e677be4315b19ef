// The named random streams of one repetition, in one place: every variant of a seed sees the same draws.
#pragma once

#include <cstdint>

#include "base/random.h"

namespace crossloom {

class Streams {
 public:
  explicit Streams(std::uint64_t seed) : root_(seed) {}
  /// Of networks that are not trained, and their images.
  [[nodiscard]] RandomKey weights() const { return root_.child("weights"); }
  [[nodiscard]] RandomKey images() const { return root_.child("images"); }
  [[nodiscard]] RandomKey training() const { return root_.child("training"); }
  /// Of every transformation, so that methods that prune alike prune the same network.
  [[nodiscard]] RandomKey retraining() const { return transform().child(std::uint64_t{0}); }
  /// Its children by name are those of retrainings on chips.
  [[nodiscard]] RandomKey transform() const { return root_.child("transform"); }
  [[nodiscard]] RandomKey placement() const { return root_.child("placement"); }
  [[nodiscard]] RandomKey device() const { return root_.child("device"); }
  [[nodiscard]] RandomKey encoding() const { return root_.child("encoding"); }

 private:
  RandomKey root_;
};

}  // namespace crossloom
