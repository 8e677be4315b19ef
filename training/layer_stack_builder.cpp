// From the graph of a network to the steps of a LayerStack.
#include <algorithm>
#include <utility>

#include "training/conv_layer.h"
#include "training/dense_layer.h"
#include "training/layer_stack_input.h"
#include "training/rounding_node.h"

namespace crossloom {

/// Makes the steps of a network one by one.
class LayerStack::Builder {
 public:
  Builder(LayerStack& stack, const Options& options, ComputePool& pool)
      : stack_(stack),
        options_(options),
        pool_(pool),
        graph_(stack.spec_.graph()),
        shapes_(shapes_of(stack.spec_)),
        formats_(output_formats_of(stack.spec_)) {}

  void build() {
    for (const LayerSpec& layer : stack_.spec_.layers) norm_parameter_ += layer.bias ? 2 : 1;
    last_ = graph_.size() - (graph_.raw().back().kind == NodeKind::softmax ? 2 : 1);
    stack_.input_ = std::make_unique<Input>(stack_.spec_.input, !only_dense_reads_input(), options_);
    for (std::size_t n = 0; n <= last_; ++n) step_of_node_.push_back(add_rounding(n, add_node(n)));
  }

 private:
  [[nodiscard]] bool only_dense_reads_input() const {
    return std::all_of(graph_.begin(), graph_.end(), [](const NodeSpec& node) {
      return node.kind == NodeKind::dense ||
             std::find(node.inputs.begin(), node.inputs.end(), NodeId(0)) == node.inputs.end();
    });
  }
  std::size_t add_step(TrainableNode* node, std::vector<std::size_t> inputs, const ImageShape& shape) {
    stack_.steps_.push_back({node, nullptr, std::move(inputs), shape});
    return stack_.steps_.size() - 1;
  }
  [[nodiscard]] NodeOptions node_options(std::size_t n, const ImageShape& input) const {
    NodeOptions options;
    options.spec = graph_[NodeId(n)];
    options.input = input;
    options.output = shapes_[NodeId(n)];
    options.precision = options_.precision;
    options.dropout_key = options_.dropout_key.child("node").child(n);
    return options;
  }
  /// Pools that take one of their inputs need none.
  std::size_t add_rounding(std::size_t n, std::size_t step) {
    const NodeSpec& node = graph_[NodeId(n)];
    const auto& format = formats_[NodeId(n)];
    if (!format || node.kind == NodeKind::max_pool || node.kind == NodeKind::flatten) return step;
    const ImageShape& shape = shapes_[NodeId(n)];
    stack_.plain_nodes_.push_back(make_rounding_node(*format, shape.size(), options_.precision, pool_));
    const std::size_t rounding = add_step(stack_.plain_nodes_.back().get(), {step}, shape);
    if (node.layer) stack_.step_of_outputs_.back() = rounding;
    return rounding;
  }
  std::size_t add_node(std::size_t n) {
    const NodeSpec& node = graph_[NodeId(n)];
    const ImageShape& shape = shapes_[NodeId(n)];
    if (node.kind == NodeKind::input) return add_step(nullptr, {}, shape);
    std::vector<std::size_t> inputs;
    std::vector<ImageShape> input_shapes;
    for (const NodeId input : node.inputs) {
      inputs.push_back(step_of_node_[input.value()]);
      input_shapes.push_back(shapes_[input]);
    }
    if (node.layer) return add_layer(n, inputs.front(), input_shapes.front());
    NodeOptions options = node_options(n, input_shapes.front());
    if (node.kind == NodeKind::add || node.kind == NodeKind::concat) {
      const std::size_t step = add_step(nullptr, std::move(inputs), shape);
      stack_.steps_[step].joining = std::make_unique<JoiningNode>(options, std::move(input_shapes), pool_);
      return step;
    }
    if (node.kind == NodeKind::batch_norm) {
      options.first_parameter = norm_parameter_;
      norm_parameter_ += 2;
      stack_.batch_norms_.push_back(make_batch_norm_node(options, pool_));
      return add_step(stack_.batch_norms_.back().get(), std::move(inputs), shape);
    }
    stack_.plain_nodes_.push_back(make_plain_node(options, pool_));
    return add_step(stack_.plain_nodes_.back().get(), std::move(inputs), shape);
  }
  std::size_t add_layer(std::size_t n, std::size_t input, const ImageShape& input_shape) {
    const LayerId id = *graph_[NodeId(n)].layer;
    const LayerSpec& spec = stack_.spec_.layers[id];
    const RandomKey key = options_.dropout_key.child("layer").child(id.value());
    std::unique_ptr<TrainableLayer> layer;
    if (spec.convolution) {
      layer =
          make_conv_layer({spec, input_shape, shapes_[NodeId(n)], options_.precision, layer_parameter_, key}, pool_);
    } else {
      const bool planes = input_shape.channels > 1 && input_shape.width * input_shape.height > 1;
      if (planes && !(input == 0 && only_dense_reads_input())) input = add_flatten(input, input_shape);
      layer =
          make_dense_layer({spec, input_shape.size(), options_.precision, n == last_, layer_parameter_, key}, pool_);
    }
    layer_parameter_ += layer->parameters().size();
    stack_.layers_.push_back(std::move(layer));
    const std::size_t step = add_step(stack_.layers_.back().get(), {input}, shapes_[NodeId(n)]);
    stack_.step_of_layer_.push_back(step);
    stack_.step_of_outputs_.push_back(step);
    return step;
  }
  /// A dense layer's rows are planes; values here are channel-last.
  std::size_t add_flatten(std::size_t input, const ImageShape& shape) {
    NodeOptions options;
    options.spec.kind = NodeKind::flatten;
    options.input = shape;
    options.output = {1, 1, shape.size()};
    options.precision = options_.precision;
    stack_.plain_nodes_.push_back(make_plain_node(options, pool_));
    return add_step(stack_.plain_nodes_.back().get(), {input}, options.output);
  }

  LayerStack& stack_;
  const Options& options_;
  ComputePool& pool_;
  IdVector<NodeId, NodeSpec> graph_;
  IdVector<NodeId, ImageShape> shapes_;
  IdVector<NodeId, std::optional<FixedPointFormat>> formats_;
  std::vector<std::size_t> step_of_node_;
  std::size_t last_ = 0;
  std::size_t layer_parameter_ = 0;
  std::size_t norm_parameter_ = 0;
};

LayerStack::LayerStack(const NetworkSpec& spec, const Options& options, ComputePool& pool)
    : spec_(spec), precision_(options.precision), pool_(pool) {
  Builder(*this, options, pool).build();
}

}  // namespace crossloom
