// Writing as movement: splines through jittered points, bent, leant, pressed and placed.
#include "training/pen_path.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace crossloom {
namespace {

constexpr double kPi = 3.14159265358979323846;

// How much the writing varies. Chosen by looking, and such that a linear classifier stays well below an MLP; lengths
// are parts of the digit's height unless they are in pixels.
constexpr std::size_t kSamplesPerSpan = 6;
constexpr double kPointJitter = 0.022;
constexpr std::size_t kWaves = 3;
constexpr double kWaveAmplitude = 0.024;
constexpr double kWaveFrequency = 0.9;
constexpr double kMeanSlant = 0.10;
constexpr double kSlantSpread = 0.22;
constexpr double kTurnSpread = 0.12;
constexpr double kAspectSpread = 0.20;
constexpr double kBoxPixels = 20.0;
constexpr double kSmallestSize = 0.85;
constexpr double kMeanRadiusPixels = 1.30;
constexpr double kRadiusSpread = 0.28;
constexpr double kShiftSpreadPixels = 0.75;
/// Keeps the outermost pixels dark: half a pixel to their centres and half of the widest soft edge.
constexpr double kMarginPixels = 1.4;

struct Point {
  double x;
  double y;
};

double clamped_normal(RandomStream& random, double limit) { return std::clamp(random.normal(), -limit, limit); }

/// Uniform Catmull-Rom spline through p1 and p2 (Catmull and Rom, 1974), t in [0, 1].
double catmull_rom(double p0, double p1, double p2, double p3, double t) {
  return 0.5 * (2.0 * p1 + (p2 - p0) * t + (2.0 * p0 - 5.0 * p1 + 4.0 * p2 - p3) * t * t +
                (3.0 * p1 - p0 - 3.0 * p2 + p3) * t * t * t);
}

/// A smooth path through the stroke's points, its direction free to change at corners. Ends and corners are continued
/// straight on.
PenPath trace_stroke(const PenStroke& stroke) {
  PenPath path;
  const auto beyond = [](const PenPoint& end, const PenPoint& inner) {
    return Point{2.0 * end.x - inner.x, 2.0 * end.y - inner.y};
  };
  for (std::size_t i = 0; i + 1 < stroke.size(); ++i) {
    const PenPoint& a = stroke[i];
    const PenPoint& b = stroke[i + 1];
    const bool first = i == 0 || a.corner;
    const bool last = i + 2 == stroke.size() || b.corner;
    const Point before = first ? beyond(a, b) : Point{stroke[i - 1].x, stroke[i - 1].y};
    const Point after = last ? beyond(b, a) : Point{stroke[i + 2].x, stroke[i + 2].y};
    for (std::size_t s = i == 0 ? 0 : 1; s <= kSamplesPerSpan; ++s) {
      const double t = static_cast<double>(s) / static_cast<double>(kSamplesPerSpan);
      path.push_back({catmull_rom(before.x, a.x, b.x, after.x, t), catmull_rom(before.y, a.y, b.y, after.y, t), 0.0});
    }
  }
  return path;
}

const DigitStyle& pick_style(std::size_t digit, RandomStream& random) {
  const std::vector<DigitStyle>& styles = digit_styles(digit);
  double total = 0.0;
  for (const DigitStyle& style : styles) total += style.weight;
  double left = random.uniform() * total;
  for (const DigitStyle& style : styles) {
    left -= style.weight;
    if (left < 0.0) return style;
  }
  return styles.back();
}

std::vector<PenPath> write_strokes(const DigitStyle& style, RandomStream& random) {
  const double jitter = kPointJitter * (0.5 + random.uniform());
  std::vector<PenPath> paths;
  for (PenStroke stroke : style.strokes) {
    for (PenPoint& point : stroke) {
      point.x += jitter * clamped_normal(random, 2.5);
      point.y += jitter * clamped_normal(random, 2.5);
    }
    paths.push_back(trace_stroke(stroke));
  }
  return paths;
}

template <class Function>
void for_each_point(std::vector<PenPath>& paths, const Function& function) {
  for (PenPath& path : paths) {
    for (PenPathPoint& point : path) function(point);
  }
}

/// A displacement field of a few long waves.
void bend(std::vector<PenPath>& paths, RandomStream& random) {
  struct Wave {
    double along_x, along_y, phase, push_x, push_y;
  };
  std::array<Wave, kWaves> waves{};
  for (Wave& wave : waves) {
    wave.along_x = 2.0 * kPi * kWaveFrequency * random.normal();
    wave.along_y = 2.0 * kPi * kWaveFrequency * random.normal();
    wave.phase = 2.0 * kPi * random.uniform();
    wave.push_x = kWaveAmplitude * random.normal();
    wave.push_y = kWaveAmplitude * random.normal();
  }
  for_each_point(paths, [&waves](PenPathPoint& point) {
    const Point from{point.x, point.y};
    for (const Wave& wave : waves) {
      const double height = std::sin(wave.along_x * from.x + wave.along_y * from.y + wave.phase);
      point.x += wave.push_x * height;
      point.y += wave.push_y * height;
    }
  });
}

/// Aspect, slant and turn about the middle of the box.
void lean(std::vector<PenPath>& paths, RandomStream& random) {
  const double aspect = std::exp(kAspectSpread * clamped_normal(random, 2.0));
  const double slant = kMeanSlant + kSlantSpread * clamped_normal(random, 2.0);
  const double angle = kTurnSpread * clamped_normal(random, 2.0);
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  for_each_point(paths, [=](PenPathPoint& point) {
    const double y = point.y - 0.5;
    const double x = (point.x - 0.35) * aspect - slant * y;
    point.x = cosine * x - sine * y;
    point.y = sine * x + cosine * y;
  });
}

/// The pen's radius in pixels along each stroke: one width an image, swelling and fading slowly.
void press(std::vector<PenPath>& paths, RandomStream& random) {
  const double width = kMeanRadiusPixels * std::exp(kRadiusSpread * clamped_normal(random, 2.0));
  const double swell = 0.25 * random.uniform();
  for (PenPath& path : paths) {
    const double phase = 2.0 * kPi * random.uniform();
    const double waves = 0.5 + random.uniform();
    const double length = static_cast<double>(path.size());
    for (std::size_t i = 0; i < path.size(); ++i) {
      const double along = static_cast<double>(i) / length;
      path[i].radius = width * (1.0 + swell * std::sin(2.0 * kPi * waves * along + phase));
    }
  }
}

/// What the pen's middle reaches, and the pen's largest radius.
struct Extent {
  double low_x = 1e9, high_x = -1e9, low_y = 1e9, high_y = -1e9, widest = 0.0;
};

Extent extent_of(const std::vector<PenPath>& paths) {
  Extent extent;
  for (const PenPath& path : paths) {
    for (const PenPathPoint& point : path) {
      extent.low_x = std::min(extent.low_x, point.x);
      extent.high_x = std::max(extent.high_x, point.x);
      extent.low_y = std::min(extent.low_y, point.y);
      extent.high_y = std::max(extent.high_y, point.y);
      extent.widest = std::max(extent.widest, point.radius);
    }
  }
  return extent;
}

/// Centre of the ink, as if it lay along the path in proportion to the pen's width.
Point centre_of_mass(const std::vector<PenPath>& paths) {
  double mass = 0.0, mass_x = 0.0, mass_y = 0.0;
  for (const PenPath& path : paths) {
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
      const PenPathPoint& a = path[i];
      const PenPathPoint& b = path[i + 1];
      const double weight = std::sqrt((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)) * (a.radius + b.radius);
      mass += weight;
      mass_x += weight * 0.5 * (a.x + b.x);
      mass_y += weight * 0.5 * (a.y + b.y);
    }
  }
  return {mass_x / mass, mass_y / mass};
}

/// Scales the drawing, pen included, into the box, and puts its centre of mass near the middle of the image, as far
/// as the margins allow.
void place(std::vector<PenPath>& paths, double side, RandomStream& random) {
  const double size = kSmallestSize + (1.0 - kSmallestSize) * random.uniform();
  const Extent drawn = extent_of(paths);
  const double longest = std::max(std::max(drawn.high_x - drawn.low_x, drawn.high_y - drawn.low_y), 0.1);
  const double scale = (kBoxPixels * size - 2.0 * drawn.widest) / longest;
  for_each_point(paths, [=](PenPathPoint& point) {
    point.x *= scale;
    point.y *= scale;
  });
  const Extent sized = extent_of(paths);
  const Point centre = centre_of_mass(paths);
  const double margin = kMarginPixels + sized.widest;
  const auto shift = [&random, side, margin](double from, double low, double high) {
    const double wanted = 0.5 * side - from + kShiftSpreadPixels * clamped_normal(random, 2.0);
    return std::clamp(wanted, margin - low, side - margin - high);
  };
  const double shift_x = shift(centre.x, sized.low_x, sized.high_x);
  const double shift_y = shift(centre.y, sized.low_y, sized.high_y);
  for_each_point(paths, [=](PenPathPoint& point) {
    point.x += shift_x;
    point.y += shift_y;
  });
}

}  // namespace

std::vector<PenPath> write_digit(std::size_t digit, double side_pixels, RandomStream& random) {
  std::vector<PenPath> paths = write_strokes(pick_style(digit, random), random);
  bend(paths, random);
  lean(paths, random);
  press(paths, random);
  place(paths, side_pixels, random);
  return paths;
}

}  // namespace crossloom
