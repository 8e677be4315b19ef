// A generated set of handwritten-looking digits, for machines where no published set is found.
#pragma once

#include <cstddef>

#include "base/parallel.h"
#include "base/random.h"
#include "models/dataset.h"

namespace crossloom {

/// Side of the square images, as in MNIST.
constexpr std::size_t kGeneratedDigitSide = 28;

/// `count` grey images of 28x28 pixels, ten classes, bright ink on a background of exact zeros. Each block of ten
/// images (10k to 10k+9) holds each digit once, in random order.
///
/// An image is one of several ways of writing its digit (training/digit_styles.h), its points moved at random, bent by
/// a smooth random field (in the manner of the elastic distortions of Simard, Steinkraus and Platt, ICDAR 2003, but of
/// the strokes rather than of the pixels), slanted, turned and stretched, drawn by a soft pen of varying width and
/// pressure, sized into a box of 20x20 pixels and centred by its centre of mass, as MNIST's are.
///
/// The first n images are the same for every count >= n; image i depends on (key, i) only, so the bytes are the same
/// for any pool, and for none.
Dataset generate_digits(RandomKey key, std::size_t count, ThreadPool* pool = nullptr);

}  // namespace crossloom
