// Files that are complete or absent, and their digests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace crossloom {

/// Whole file; throws UserError naming the file and the system's reason.
std::string read_file(const std::filesystem::path& file);
/// Writes beside the target, syncs, renames and syncs the folder. Throws UserError (disk full, read-only folder, ...);
/// the target is then as it was.
void write_file_atomically(const std::filesystem::path& file, std::string_view bytes);
/// Removes what a process that was killed inside write_file_atomically left in `folder` and the folders below it.
void remove_unfinished_writes(const std::filesystem::path& folder);
/// Renames a finished folder into place after syncing every file in it. `to` must not exist.
void publish_folder(const std::filesystem::path& from, const std::filesystem::path& to);

/// Lower-case hexadecimal SHA-256 (FIPS 180-4).
std::string sha256_hex(std::string_view bytes);
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace crossloom
