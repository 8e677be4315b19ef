// The one oneDNN engine and each thread's stream; private to what wraps the library.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include "training/tensor.h"

namespace crossloom {

dnnl::engine& onednn_engine();
/// This thread's own.
dnnl::stream& onednn_stream();

inline dnnl::memory::data_type type_of(Precision precision) {
  return precision == Precision::f32 ? dnnl::memory::data_type::f32 : dnnl::memory::data_type::bf16;
}

/// The library takes inputs and outputs by the same non-const handle.
inline dnnl::memory wrap(const dnnl::memory::desc& what, const void* where) {
  return dnnl::memory(what, onednn_engine(), const_cast<void*>(where));
}

}  // namespace crossloom
