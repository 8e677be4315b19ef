#include "training/convolution.h"

#include <unordered_map>

#include <fmt/format.h>

#include "base/error.h"
#include "training/onednn.h"

namespace crossloom {
namespace {

using Dims = dnnl::memory::dims;
using Tag = dnnl::memory::format_tag;
using Direction = ConvolutionPrimitive::Direction;

dnnl::memory::dim dim(std::uint32_t value) { return static_cast<dnnl::memory::dim>(value); }

dnnl::memory::desc images(std::uint32_t count, const ImageShape& shape, Precision precision) {
  return {{dim(count), dim(shape.channels), dim(shape.height), dim(shape.width)}, type_of(precision), Tag::nhwc};
}

dnnl::memory::desc weights(const ConvolutionPrimitive::Spec& spec, Precision precision, bool plain) {
  const std::uint32_t groups = spec.convolution.groups;
  const std::uint32_t size = spec.convolution.window.size;
  Dims dims{dim(spec.output.channels / groups), dim(spec.input.channels / groups), dim(size), dim(size)};
  if (groups == 1) return {dims, type_of(precision), plain ? Tag::oihw : Tag::any};
  dims.insert(dims.begin(), dim(groups));
  return {dims, type_of(precision), plain ? Tag::goihw : Tag::any};
}

}  // namespace

struct ConvolutionPrimitive::Impl {
  Spec spec;
  dnnl::primitive primitive;
  dnnl::memory::desc input, weight_form, bias, output, scratchpad;
  std::string implementation;

  template <class Description>
  void take(const Description& description, const dnnl::memory::desc& form) {
    weight_form = form;
    scratchpad = description.scratchpad_desc();
    implementation = description.impl_info_str();
  }
  void make(const dnnl::memory::desc& form);
};

void ConvolutionPrimitive::Impl::make(const dnnl::memory::desc& form) {
  const WindowSpec& window = spec.convolution.window;
  const Dims strides{dim(window.stride), dim(window.stride)};
  const Dims padding{dim(window.padding), dim(window.padding)};
  input = images(spec.images, spec.input, spec.precision);
  output = images(spec.images, spec.output, spec.precision);
  if (spec.bias) bias = {{dim(spec.output.channels)}, dnnl::memory::data_type::f32, Tag::a};
  constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const bool is_forward = spec.direction == Direction::forward;
  dnnl::primitive_attr forward_attributes = attributes;
  if (is_forward && spec.relu) {
    dnnl::post_ops operations;
    operations.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
    forward_attributes.set_post_ops(operations);
  }
  // The backward directions want a forward one as a hint only.
  const auto hint = weights(spec, spec.precision, false);
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, kAlgorithm, input, is_forward ? form : hint, bias, output, strides, padding,
       padding},
      forward_attributes, onednn_engine());
  if (is_forward) {
    take(forward, forward.weights_desc());
    primitive = dnnl::convolution_forward(forward);
  } else if (spec.direction == Direction::backward_data) {
    const dnnl::convolution_backward_data::primitive_desc backward(
        {kAlgorithm, input, form, output, strides, padding, padding}, attributes, onednn_engine(), forward);
    take(backward, backward.weights_desc());
    primitive = dnnl::convolution_backward_data(backward);
  } else {
    const dnnl::convolution_backward_weights::primitive_desc backward(
        {kAlgorithm, input, form, bias, output, strides, padding, padding}, attributes, onednn_engine(), forward);
    take(backward, backward.diff_weights_desc());
    primitive = dnnl::convolution_backward_weights(backward);
  }
}

ConvolutionPrimitive::ConvolutionPrimitive(const Spec& spec, const ConvolutionPrimitive* like)
    : impl_(std::make_unique<Impl>()) {
  impl_->spec = spec;
  const bool of_weights = spec.direction == Direction::backward_weights;
  try {
    impl_->make(like != nullptr ? like->impl_->weight_form
                                : weights(spec, of_weights ? Precision::f32 : spec.precision, false));
  } catch (const dnnl::error& error) {
    throw UserError(fmt::format("oneDNN cannot do the convolution {} -> {} with a window of {}: {}",
                                to_text(spec.input), to_text(spec.output), spec.convolution.window.size, error.what()));
  }
}

ConvolutionPrimitive::~ConvolutionPrimitive() = default;
ConvolutionPrimitive::ConvolutionPrimitive(ConvolutionPrimitive&&) noexcept = default;
ConvolutionPrimitive& ConvolutionPrimitive::operator=(ConvolutionPrimitive&&) noexcept = default;

std::size_t ConvolutionPrimitive::weight_bytes() const { return impl_->weight_form.get_size(); }
std::string ConvolutionPrimitive::implementation() const { return impl_->implementation; }

void ConvolutionPrimitive::pack(const float* from, void* packed) const {
  dnnl::memory plain = wrap(weights(impl_->spec, Precision::f32, true), from);
  dnnl::memory target = wrap(impl_->weight_form, packed);
  dnnl::reorder(plain, target).execute(onednn_stream(), plain, target);
  onednn_stream().wait();
}

void ConvolutionPrimitive::unpack(const void* packed, float* to) const {
  dnnl::memory source = wrap(impl_->weight_form, packed);
  dnnl::memory plain = wrap(weights(impl_->spec, Precision::f32, true), to);
  dnnl::reorder(source, plain).execute(onednn_stream(), source, plain);
  onednn_stream().wait();
}

void ConvolutionPrimitive::run(const void* input, const void* packed, const float* bias, const void* output,
                               AlignedBuffer& scratch) const {
  scratch.reserve(impl_->scratchpad.get_size());
  const Direction direction = impl_->spec.direction;
  const bool forward = direction == Direction::forward;
  const bool of_weights = direction == Direction::backward_weights;
  std::unordered_map<int, dnnl::memory> arguments{
      {direction == Direction::backward_data ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, wrap(impl_->input, input)},
      {of_weights ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, wrap(impl_->weight_form, packed)},
      {forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, wrap(impl_->output, output)},
      {DNNL_ARG_SCRATCHPAD, wrap(impl_->scratchpad, scratch.as<void>())}};
  if (impl_->spec.bias && direction != Direction::backward_data) {
    arguments.emplace(of_weights ? DNNL_ARG_DIFF_BIAS : DNNL_ARG_BIAS, wrap(impl_->bias, bias));
  }
  impl_->primitive.execute(onednn_stream(), arguments);
  onednn_stream().wait();
}

bool has_fast_convolution(ConvolutionPrimitive::Spec spec) {
  for (const Direction direction : {Direction::forward, Direction::backward_data, Direction::backward_weights}) {
    spec.direction = direction;
    try {
      if (ConvolutionPrimitive(spec).implementation().find("ref") != std::string::npos) return false;
    } catch (const UserError&) {
      return false;
    }
  }
  return true;
}

}  // namespace crossloom
