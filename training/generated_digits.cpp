// From pen strokes to pixels.
#include "training/generated_digits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "training/digit_styles.h"
#include "training/pen_path.h"

namespace crossloom {
namespace {

constexpr std::size_t kPixels = kGeneratedDigitSide * kGeneratedDigitSide;
constexpr std::size_t kImagesPerTask = 64;

/// How deep inside the ink each pixel's centre lies, in pixels; negative outside.
using Depth = std::array<double, kPixels>;

void draw_segment(const PenPathPoint& a, const PenPathPoint& b, double reach, Depth& depth) {
  const double last = static_cast<double>(kGeneratedDigitSide - 1);
  const double margin = std::max(a.radius, b.radius) + reach + 0.5;
  const auto from = [=](double value) { return static_cast<std::size_t>(std::clamp(value - margin, 0.0, last)); };
  const auto to = [=](double value) { return static_cast<std::size_t>(std::clamp(value + margin, 0.0, last)); };
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double squared = std::max(dx * dx + dy * dy, 1e-12);
  for (std::size_t row = from(std::min(a.y, b.y)); row <= to(std::max(a.y, b.y)); ++row) {
    for (std::size_t column = from(std::min(a.x, b.x)); column <= to(std::max(a.x, b.x)); ++column) {
      const double px = static_cast<double>(column) + 0.5 - a.x;
      const double py = static_cast<double>(row) + 0.5 - a.y;
      const double t = std::clamp((px * dx + py * dy) / squared, 0.0, 1.0);
      const double ex = px - t * dx;
      const double ey = py - t * dy;
      const double inside = a.radius + t * (b.radius - a.radius) - std::sqrt(ex * ex + ey * ey);
      double& deepest = depth[row * kGeneratedDigitSide + column];
      deepest = std::max(deepest, inside);
    }
  }
}

/// Soft edges, ink not quite even, background exactly zero.
void ink(const std::vector<PenPath>& paths, RandomStream& random, std::uint8_t* pixels) {
  const double edge = 0.8 + 0.8 * random.uniform();
  const double strength = 255.0 * (0.85 + 0.35 * random.uniform());
  const double grain = 0.25 * random.uniform();
  Depth depth;
  depth.fill(-1e9);
  for (const PenPath& path : paths) {
    for (std::size_t i = 0; i + 1 < path.size(); ++i) draw_segment(path[i], path[i + 1], 0.5 * edge, depth);
  }
  for (std::size_t p = 0; p < kPixels; ++p) {
    const double cover = std::clamp(depth[p] / edge + 0.5, 0.0, 1.0);
    if (cover <= 0.0) continue;
    const double value = strength * cover * (1.0 - grain * random.uniform());
    pixels[p] = static_cast<std::uint8_t>(std::min(value, 255.0));
  }
}

std::array<std::uint8_t, kDigitCount> order_of_block(RandomKey key, std::size_t block) {
  std::array<std::uint8_t, kDigitCount> order{};
  std::iota(order.begin(), order.end(), std::uint8_t{0});
  RandomStream random(key.child("order").child(block));
  for (std::size_t i = kDigitCount - 1; i > 0; --i) {
    std::swap(order[i], order[random.below(static_cast<std::uint32_t>(i + 1))]);
  }
  return order;
}

void draw_digit(std::size_t digit, RandomStream& random, std::uint8_t* pixels) {
  ink(write_digit(digit, static_cast<double>(kGeneratedDigitSide), random), random, pixels);
}

}  // namespace

Dataset generate_digits(RandomKey key, std::size_t count, ThreadPool* pool) {
  Dataset dataset;
  dataset.name = "digits";
  dataset.width = kGeneratedDigitSide;
  dataset.height = kGeneratedDigitSide;
  dataset.channels = 1;
  dataset.classes = kDigitCount;
  dataset.pixels.resize(count * kPixels, 0);
  dataset.labels.resize(count);
  dataset.origin.generated = true;
  const RandomKey image_key = key.child("image");
  const auto draw_some = [&](std::size_t task, std::size_t) {
    for (std::size_t i = task * kImagesPerTask; i < std::min(count, (task + 1) * kImagesPerTask); ++i) {
      dataset.labels[i] = order_of_block(key, i / kDigitCount)[i % kDigitCount];
      RandomStream random(image_key.child(i));
      draw_digit(dataset.labels[i], random, dataset.pixels.data() + i * kPixels);
    }
  };
  const std::size_t tasks = (count + kImagesPerTask - 1) / kImagesPerTask;
  if (pool != nullptr) {
    pool->for_each(tasks, draw_some);
  } else {
    for (std::size_t task = 0; task < tasks; ++task) draw_some(task, 0);
  }
  return dataset;
}

}  // namespace crossloom
