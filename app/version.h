// Which program this is and which libraries it runs with.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace crossloom {

/// "crossloom 0.1.0"
std::string version_text();
/// Name and version of the program and of each library whose version may matter for results.
std::vector<std::pair<std::string, std::string>> versions();
/// Of the sources on which trained and transformed networks depend.
std::string network_code_digest();
/// Of those on which what is mapped and measured depends besides.
std::string chip_code_digest();

}  // namespace crossloom
