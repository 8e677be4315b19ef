// Kernels that are compiled once for each vector width and chosen when the program starts. Which copy runs must not
// change a bit of what comes out: sources that compute with reals this way are compiled with -ffp-contract=off.
#pragma once

// Sanitizers' run-time libraries are not up yet when the choice is made.
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
/// Before a function: one body, as the compiler vectorises it.
#define CROSSLOOM_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
/// DEFINE(attribute, bytes) for each width, for functions whose sums lie in vectors of `bytes`: as wide as a register,
/// since the compiler keeps wider ones in memory (bench/README.md). The functions are private to their source: other
/// sources would call the narrowest.
#define CROSSLOOM_EACH_VECTOR_WIDTH(DEFINE)      \
  DEFINE(__attribute__((target("avx512f"))), 64) \
  DEFINE(__attribute__((target("avx2"))), 32)    \
  DEFINE(__attribute__((target("default"))), 16)
#else
#define CROSSLOOM_VECTOR_CLONES
#define CROSSLOOM_EACH_VECTOR_WIDTH(DEFINE) DEFINE(, 16)
#endif
#define CROSSLOOM_INLINE inline __attribute__((always_inline))
