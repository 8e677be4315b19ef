#include "training/engine.h"

#include <array>
#include <optional>
#include <unordered_map>

#include "base/error.h"
#include "training/onednn.h"

// oneDNN's threads are libgomp's. These two calls are all we need of OpenMP, and declaring them keeps -fopenmp (and,
// with clang, a second OpenMP runtime) out of the build.
extern "C" {
void omp_set_num_threads(int threads);
int omp_get_max_threads(void);
}

namespace crossloom {
namespace {

using Tag = dnnl::memory::format_tag;

dnnl::memory::desc matrix(std::uint32_t rows, std::uint32_t columns, Precision precision, Tag tag) {
  return {{static_cast<dnnl::memory::dim>(rows), static_cast<dnnl::memory::dim>(columns)}, type_of(precision), tag};
}

struct KnownPacking {
  Tag tag;
  std::uint32_t block;
  std::uint32_t pair;
};
/// K in blocks of 16 (of pairs), N in blocks of `block`, N outermost.
constexpr std::array<KnownPacking, 8> kPackings{{{Tag::BA16a64b, 64, 1},
                                                 {Tag::BA16a48b, 48, 1},
                                                 {Tag::BA16a32b, 32, 1},
                                                 {Tag::BA16a16b, 16, 1},
                                                 {Tag::BA16a64b2a, 64, 2},
                                                 {Tag::BA16a48b2a, 48, 2},
                                                 {Tag::BA16a32b2a, 32, 2},
                                                 {Tag::BA16a16b2a, 16, 2}}};

std::size_t round_up(std::size_t value, std::size_t multiple) { return (value + multiple - 1) / multiple * multiple; }

PackedShape plain_shape(std::uint32_t k, std::uint32_t n) {
  PackedShape shape{k, n, n, 1, 0, std::size_t{k} * n};
  return shape;
}

PackedShape blocked_shape(std::uint32_t k, std::uint32_t n, const KnownPacking& packing) {
  PackedShape shape{k, n, packing.block, packing.pair, 0, 0};
  shape.block_stride = round_up(k, 16 * packing.pair) * packing.block;
  shape.elements = shape.block_stride * (round_up(n, packing.block) / packing.block);
  return shape;
}

/// Descriptor of a packing; nothing where the library calls it by a tag that we do not write.
dnnl::memory::desc descriptor_of(const PackedShape& shape, Precision precision) {
  for (const KnownPacking& known : kPackings) {
    if (shape.block_stride != 0 && known.block == shape.block && known.pair == shape.pair) {
      return matrix(shape.k, shape.n, precision, known.tag);
    }
  }
  return matrix(shape.k, shape.n, precision, Tag::ab);
}

std::optional<PackedShape> shape_of(const dnnl::memory::desc& description, std::uint32_t k, std::uint32_t n,
                                    Precision precision) {
  if (description == matrix(k, n, precision, Tag::ab)) return plain_shape(k, n);
  for (const KnownPacking& known : kPackings) {
    if (description != matrix(k, n, precision, known.tag)) continue;
    const PackedShape shape = blocked_shape(k, n, known);
    CROSSLOOM_CHECK(description.get_size() == shape.elements * size_of(precision), "size of a packed matrix");
    return shape;
  }
  return std::nullopt;
}

dnnl::matmul::primitive_desc describe(const MatrixProduct::Spec& spec, const dnnl::memory::desc& b) {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  if (spec.relu) {
    dnnl::post_ops operations;
    operations.append_eltwise(1.0F, dnnl::algorithm::eltwise_relu, 0.0F, 0.0F);
    attributes.set_post_ops(operations);
  }
  const auto a = matrix(spec.m, spec.k, spec.inputs, Tag::ab);
  const auto c = matrix(spec.m, spec.n, spec.output, Tag::ab);
  if (!spec.bias) return {dnnl::matmul::desc(a, b, c), attributes, onednn_engine()};
  return {dnnl::matmul::desc(a, b, matrix(1, spec.n, Precision::f32, Tag::ab), c), attributes, onednn_engine()};
}

}  // namespace

dnnl::engine& onednn_engine() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

dnnl::stream& onednn_stream() {
  thread_local dnnl::stream stream(onednn_engine());
  return stream;
}

ComputePool::ComputePool(std::size_t threads)
    : previous_threads_(omp_get_max_threads()), pool_(threads, [] { omp_set_num_threads(1); }), scratch_(threads * 4) {
  omp_set_num_threads(1);
}

ComputePool::~ComputePool() { omp_set_num_threads(previous_threads_); }

struct MatrixProduct::Impl {
  Spec spec;
  PackedShape packing;
  dnnl::matmul::primitive_desc description;
  dnnl::matmul primitive;
};

MatrixProduct::MatrixProduct(const Spec& spec, const PackedShape* packing) : impl_(std::make_unique<Impl>()) {
  impl_->spec = spec;
  if (packing != nullptr) {
    impl_->packing = *packing;
    impl_->description = describe(spec, descriptor_of(*packing, spec.inputs));
  } else {
    impl_->description = describe(spec, matrix(spec.k, spec.n, spec.inputs, Tag::any));
    const auto shape = shape_of(impl_->description.weights_desc(), spec.k, spec.n, spec.inputs);
    if (!shape) impl_->description = describe(spec, matrix(spec.k, spec.n, spec.inputs, Tag::ab));
    impl_->packing = shape.value_or(plain_shape(spec.k, spec.n));
  }
  impl_->primitive = dnnl::matmul(impl_->description);
}

MatrixProduct::~MatrixProduct() = default;
MatrixProduct::MatrixProduct(MatrixProduct&&) noexcept = default;
MatrixProduct& MatrixProduct::operator=(MatrixProduct&&) noexcept = default;

const PackedShape& MatrixProduct::packing() const { return impl_->packing; }
std::string MatrixProduct::implementation() const { return impl_->description.impl_info_str(); }

void MatrixProduct::run(const void* a, const void* b, const float* bias, void* c, AlignedBuffer& scratch) const {
  const auto& description = impl_->description;
  scratch.reserve(description.scratchpad_desc().get_size());
  std::unordered_map<int, dnnl::memory> arguments{
      {DNNL_ARG_SRC, wrap(description.src_desc(), a)},
      {DNNL_ARG_WEIGHTS, wrap(description.weights_desc(), b)},
      {DNNL_ARG_DST, wrap(description.dst_desc(), c)},
      {DNNL_ARG_SCRATCHPAD, wrap(description.scratchpad_desc(), scratch.as<void>())}};
  if (impl_->spec.bias) {
    arguments.emplace(DNNL_ARG_BIAS, wrap(matrix(1, impl_->spec.n, Precision::f32, Tag::ab), bias));
  }
  impl_->primitive.execute(onednn_stream(), arguments);
  onednn_stream().wait();
}

bool has_bf16_products() {
  try {
    const MatrixProduct product({64, 64, 64, Precision::bf16, Precision::bf16, false, false});
    const std::string name = product.implementation();
    return name.find("amx_bf16") != std::string::npos || name.find("avx512_core_bf16") != std::string::npos;
  } catch (const dnnl::error&) {
    return false;
  }
}

}  // namespace crossloom
