// The binary format of CIFAR-10 (A. Krizhevsky, "The CIFAR-10 dataset", binary version).
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "models/dataset.h"

namespace crossloom {

/// Images of 32x32 pixels in three planes (red, green, blue), ten classes.
constexpr std::size_t kCifarSide = 32;
constexpr std::size_t kCifarClasses = 10;

/// All records of the files in the given order, each plain or gzip, told by content. A record is one byte of label and
/// 3 x 32 x 32 bytes of pixels. Throws UserError naming the file where it holds no whole number of records, more than
/// 600,000 of them, or a label above 9, and for damage and truncation. At least one file. The caller completes the
/// origin's description; its files are named as given here.
Dataset read_cifar_dataset(const std::string& name, const std::vector<std::filesystem::path>& files);

}  // namespace crossloom
