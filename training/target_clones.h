// One body, compiled for several vector widths and chosen when the program starts. Private to the trainer's kernels,
// whose results are elementwise, so that the width cannot change them (they are compiled without contraction to fused
// multiply-adds).
#pragma once

#if defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && defined(__x86_64__)
#define CROSSLOOM_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CROSSLOOM_CLONES
#endif
