// One convolution of oneDNN over a few images, in one of its three directions, on the calling thread alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "models/network_spec.h"
#include "training/tensor.h"

namespace crossloom {

/// Images are channel-last without gaps. Weights are taken and given in a form of the library's choice.
class ConvolutionPrimitive {
 public:
  enum class Direction { forward, backward_data, backward_weights };
  struct Spec {
    Direction direction = Direction::forward;
    std::uint32_t images = 0;
    ImageShape input, output;
    ConvolutionSpec convolution;
    Precision precision = Precision::f32;  ///< of images and weights; gradients of weights are f32
    bool bias = false;
    bool relu = false;  ///< forward only
  };
  /// With `like`, of the same direction, its weights have the same form. Throws UserError where the library cannot.
  explicit ConvolutionPrimitive(const Spec& spec, const ConvolutionPrimitive* like = nullptr);
  ~ConvolutionPrimitive();
  ConvolutionPrimitive(ConvolutionPrimitive&&) noexcept;
  ConvolutionPrimitive& operator=(ConvolutionPrimitive&&) noexcept;

  [[nodiscard]] std::size_t weight_bytes() const;
  /// The library's name of its implementation; one with "ref" in it is slow.
  [[nodiscard]] std::string implementation() const;
  /// From f32 weights, one row of (channel of the group, y, x) an output, to the primitive's form.
  void pack(const float* weights, void* packed) const;
  /// ... and back, of backward_weights.
  void unpack(const void* packed, float* weights) const;
  /// Forward reads input, weights and bias and writes output; backward_data reads output (its gradient) and weights and
  /// writes input; backward_weights reads input and output and writes weights and bias. `bias` may be null where there
  /// is none. Thread-safe with different `scratch`.
  void run(const void* input, const void* weights, const float* bias, const void* output, AlignedBuffer& scratch) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether all directions of this convolution have an implementation for the precision that is not the slow reference.
bool has_fast_convolution(ConvolutionPrimitive::Spec spec);

}  // namespace crossloom
