// A crossbar array as a netlist for ngspice, which shares nothing with our solver: the reference in tests.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "models/circuit/array_wiring.h"

namespace crossloom::test {

/// Netlist lines of one cell between two nodes; `name` is unique in the netlist.
using SpiceCell =
    std::function<std::string(const std::string& name, const std::string& from, const std::string& to, double siemens)>;
/// A resistor; nothing where the cell is open.
std::string spice_resistor(const std::string& name, const std::string& from, const std::string& to, double siemens);

/// Currents into the sense ends, in ampere, for each of the inputs ([input][row], in volt), all in one run of ngspice.
/// Throws std::runtime_error where ngspice is missing or fails.
std::vector<std::vector<double>> spice_currents(const ConductanceMatrix& cells, const WireSpec& wires,
                                                const std::vector<std::vector<double>>& inputs,
                                                const SpiceCell& cell = spice_resistor);

}  // namespace crossloom::test
