#include "tests/support/spice.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fmt/format.h>

#include "tests/support/temporary_folder.h"

namespace crossloom::test {

namespace {

/// Names of nodes; nodes without resistance between them have one name.
class Nodes {
 public:
  explicit Nodes(const WireSpec& wires) : wires_(wires) {}
  static std::string driver(std::uint32_t i) { return fmt::format("d{}", i); }
  static std::string sense(std::uint32_t j) { return fmt::format("o{}", j); }
  [[nodiscard]] std::string wordline(std::uint32_t i, std::uint32_t j) const {
    if (wires_.wordline.si() > 0.0) return fmt::format("w{}_{}", i, j);
    return wires_.driver.si() > 0.0 ? fmt::format("w{}", i) : driver(i);
  }
  [[nodiscard]] std::string bit_line(std::uint32_t i, std::uint32_t j) const {
    if (wires_.bitline.si() > 0.0) return fmt::format("b{}_{}", i, j);
    return wires_.sense.si() > 0.0 ? fmt::format("b{}", j) : sense(j);
  }

 private:
  WireSpec wires_;
};

class Netlist {
 public:
  void resistor(const std::string& from, const std::string& to, double ohms) {
    if (from != to) text_ += fmt::format("rw{} {} {} {:.17g}\n", count_++, from, to, ohms);
  }
  void add(const std::string& lines) { text_ += lines; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_ = "crossbar\n";
  int count_ = 0;
};

void add_wires(Netlist& netlist, const Nodes& nodes, const ConductanceMatrix& cells, const WireSpec& wires) {
  const std::uint32_t rows = cells.rows, lines = cells.bit_lines;
  const double driver = wires.driver.si() + wires.wordline.si(), sense = wires.sense.si() + wires.bitline.si();
  for (std::uint32_t i = 0; i < rows; ++i) {
    netlist.resistor(Nodes::driver(i), nodes.wordline(i, 0), driver);
    if (wires.sides == DriverSides::both) netlist.resistor(Nodes::driver(i), nodes.wordline(i, lines - 1), driver);
    for (std::uint32_t j = 0; j + 1 < lines; ++j) {
      netlist.resistor(nodes.wordline(i, j), nodes.wordline(i, j + 1), wires.wordline.si());
    }
  }
  for (std::uint32_t j = 0; j < lines; ++j) {
    netlist.resistor(nodes.bit_line(rows - 1, j), Nodes::sense(j), sense);
    for (std::uint32_t i = 0; i + 1 < rows; ++i) {
      netlist.resistor(nodes.bit_line(i, j), nodes.bit_line(i + 1, j), wires.bitline.si());
    }
  }
}

std::string commands(const ConductanceMatrix& cells, const std::vector<std::vector<double>>& inputs) {
  std::string text = ".control\nset numdgt=15\n";
  for (std::size_t v = 0; v < inputs.size(); ++v) {
    for (std::uint32_t i = 0; i < cells.rows; ++i) {
      if (v > 0) text += fmt::format("alter vd{} dc = {:.17g}\n", i, inputs[v][i]);
    }
    text += "op\n";
    for (std::uint32_t j = 0; j < cells.bit_lines; ++j) text += fmt::format("print i(vo{})\n", j);
  }
  return text + "quit\n.endc\n.end\n";
}

std::vector<std::vector<double>> read_currents(const std::string& file, std::size_t inputs, std::size_t lines) {
  std::vector<double> values;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("i(vo", 0) == 0) values.push_back(std::stod(line.substr(line.find('=') + 1)));
  }
  if (values.size() != inputs * lines) {
    std::stringstream all;
    all << std::ifstream(file + ".errors").rdbuf();
    throw std::runtime_error("ngspice gave no answer (Debian package ngspice): " + all.str().substr(0, 2000));
  }
  std::vector<std::vector<double>> currents;
  for (std::size_t v = 0; v < inputs; ++v) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(v * lines);
    currents.emplace_back(begin, begin + static_cast<std::ptrdiff_t>(lines));
  }
  return currents;
}

}  // namespace

std::string spice_resistor(const std::string& name, const std::string& from, const std::string& to, double siemens) {
  return siemens > 0.0 ? fmt::format("r{} {} {} {:.17g}\n", name, from, to, 1.0 / siemens) : "";
}

std::vector<std::vector<double>> spice_currents(const ConductanceMatrix& cells, const WireSpec& wires,
                                                const std::vector<std::vector<double>>& inputs, const SpiceCell& cell) {
  const Nodes nodes(wires);
  Netlist netlist;
  netlist.add(".options reltol=1e-9 abstol=1e-20 vntol=1e-14 gmin=1e-20 itl1=500\n");
  for (std::uint32_t i = 0; i < cells.rows; ++i) {
    netlist.add(fmt::format("vd{} {} 0 dc {:.17g}\n", i, Nodes::driver(i), inputs.at(0)[i]));
    for (std::uint32_t j = 0; j < cells.bit_lines; ++j) {
      netlist.add(cell(fmt::format("c{}_{}", i, j), nodes.wordline(i, j), nodes.bit_line(i, j), cells.at(i, j)));
    }
  }
  for (std::uint32_t j = 0; j < cells.bit_lines; ++j) netlist.add(fmt::format("vo{} {} 0 dc 0\n", j, Nodes::sense(j)));
  add_wires(netlist, nodes, cells, wires);
  const TemporaryFolder folder;
  const std::string file = folder.write("array.cir", netlist.text() + commands(cells, inputs)).string();
  const std::string output = (folder.path() / "output.txt").string();
  // Apart: the two streams would break each other's lines.
  const std::string command = fmt::format("ngspice -b '{0}' > '{1}' 2> '{1}.errors' < /dev/null", file, output);
  if (std::system(command.c_str()) == -1) throw std::runtime_error("no shell to run ngspice in");
  return read_currents(output, inputs.size(), cells.bit_lines);
}

}  // namespace crossloom::test
