// crossloom crossbar: one array with its wires, solved by itself.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/command_line.h"
#include "base/error.h"
#include "base/files.h"
#include "base/number_table.h"
#include "models/circuit/nonlinear_array.h"
#include "models/circuit/transfer_products.h"
#include "traces/heat_map.h"

namespace crossloom {
namespace {

struct CrossbarCommand {
  std::string conductance, voltage, json, picture, sides = "one", cell = "ohmic";
  std::string wire = "1 ohm", wordline, bitline, driver = "0 ohm", sense = "0 ohm";
  std::string sine_voltage = "0.25 V", overdrive = "0.7 V";
  double transistor_factor = 1e-3;
};

struct Inputs {
  ConductanceMatrix cells;
  std::size_t vectors = 0;
  std::vector<double> volts;  ///< [vector][row]
  WireSpec wires;
  CellLaw law;
};

struct Answer {
  std::vector<double> currents, ideal;  ///< [vector][bit line]
  std::vector<double> lost_volts;       ///< of the first input, [row][bit line]
  double seconds = 0.0, residual = 0.0;
};

template <class Q>
Q quantity_of(const char* option, const std::string& text) {
  try {
    return parse_quantity<Q>(text);
  } catch (const std::invalid_argument& error) {
    throw UserError(fmt::format("{}: {}", option, error.what()));
  }
}

WireSpec wires_of(const CrossbarCommand& arguments) {
  const auto resistance = [](const char* option, const std::string& text) {
    const auto value = quantity_of<Resistance>(option, text);
    if (value < Resistance()) throw UserError(fmt::format("{}: a resistance cannot be negative, got {}", option, text));
    return value;
  };
  WireSpec wires;
  wires.wordline = wires.bitline = resistance("--wire", arguments.wire);
  if (!arguments.wordline.empty()) wires.wordline = resistance("--wordline", arguments.wordline);
  if (!arguments.bitline.empty()) wires.bitline = resistance("--bitline", arguments.bitline);
  wires.driver = resistance("--driver", arguments.driver);
  wires.sense = resistance("--sense", arguments.sense);
  wires.sides = arguments.sides == "both" ? DriverSides::both : DriverSides::one;
  check_wires(wires);
  return wires;
}

CellLaw law_of(const CrossbarCommand& arguments) {
  CellLaw law;
  if (arguments.cell == "sinh") law.kind = CellLaw::Kind::hyperbolic_sine;
  if (arguments.cell == "transistor") law.kind = CellLaw::Kind::access_transistor;
  law.sine_voltage = quantity_of<Voltage>("--sine-voltage", arguments.sine_voltage);
  law.overdrive = quantity_of<Voltage>("--overdrive", arguments.overdrive);
  law.factor = TransconductanceFactor::from_si(arguments.transistor_factor);
  check_cell_law(law);
  return law;
}

Inputs read_inputs(const CrossbarCommand& arguments) {
  Inputs inputs;
  inputs.wires = wires_of(arguments);
  inputs.law = law_of(arguments);
  NumberTable cells = read_number_table(arguments.conductance);
  inputs.cells = {static_cast<std::uint32_t>(cells.rows), static_cast<std::uint32_t>(cells.columns),
                  std::move(cells.values)};
  try {
    check_conductances(inputs.cells);
  } catch (const UserError& error) {
    throw UserError(fmt::format("{}: {}", arguments.conductance, error.what()));
  }
  NumberTable volts = read_number_table(arguments.voltage);
  // A file of one column with a value for each row is one input, too.
  if (volts.columns == 1 && volts.rows == cells.rows) std::swap(volts.rows, volts.columns);
  if (volts.columns != cells.rows) {
    throw UserError(fmt::format("{}: {} x {} values, but {} has {} rows: give one input of {} voltages a line",
                                arguments.voltage, volts.rows, volts.columns, arguments.conductance, cells.rows,
                                cells.rows));
  }
  inputs.vectors = volts.rows;
  inputs.volts = std::move(volts.values);
  return inputs;
}

std::vector<double> lost_volts(const Inputs& inputs, const CellVoltages& volts) {
  std::vector<double> lost(inputs.cells.siemens.size());
  for (std::size_t k = 0; k < lost.size(); ++k) {
    lost[k] = inputs.volts[k / inputs.cells.bit_lines] - (volts.wordline[k] - volts.bit_line[k]);
  }
  return lost;
}

void solve_ohmic(const Inputs& inputs, Answer& answer) {
  ArraySolver solver(inputs.cells.rows, inputs.cells.bit_lines, inputs.wires);
  solver.solve(inputs.cells, true);
  const TransferMatrix transfer = solver.transfer();
  TransferProducts(transfer).multiply(inputs.volts.data(), inputs.vectors, answer.currents.data());
  const CircuitCheck check = check_circuit(solver, inputs.cells, transfer);
  answer.residual = std::max(check.residual, check.mismatch);
  if (!check.passed()) {
    throw UserError(
        fmt::format("the circuit is too near to singular for double precision: Kirchhoff's laws are missed by "
                    "{:.1e}, relative",
                    answer.residual));
  }
  answer.lost_volts = lost_volts(inputs, solver.voltages(inputs.volts.data()));
}

void solve_nonlinear(const Inputs& inputs, Answer& answer) {
  NonlinearArray array(inputs.cells, inputs.wires, inputs.law);
  for (std::size_t v = 0; v < inputs.vectors; ++v) {
    const NonlinearSolution solution = array.solve(inputs.volts.data() + v * inputs.cells.rows);
    std::copy(solution.currents.begin(), solution.currents.end(),
              answer.currents.begin() + static_cast<std::ptrdiff_t>(v * inputs.cells.bit_lines));
    if (v == 0) answer.lost_volts = lost_volts(inputs, solution.volts);
  }
}

/// Without wires, each cell by its own law at its driver's voltage.
void add_ideal(const Inputs& inputs, Answer& answer) {
  const std::size_t rows = inputs.cells.rows, lines = inputs.cells.bit_lines;
  for (std::size_t v = 0; v < inputs.vectors; ++v) {
    for (std::size_t i = 0; i < rows; ++i) {
      const Voltage volts = Voltage::from_si(inputs.volts[v * rows + i]);
      for (std::size_t j = 0; j < lines; ++j) {
        const Conductance cell = Conductance::from_si(inputs.cells.siemens[i * lines + j]);
        answer.ideal[v * lines + j] += inputs.law.at(cell, volts).current.si();
      }
    }
  }
}

Answer answer_of(const Inputs& inputs) {
  Answer answer;
  answer.currents.resize(inputs.vectors * inputs.cells.bit_lines);
  answer.ideal.assign(answer.currents.size(), 0.0);
  const auto start = std::chrono::steady_clock::now();
  if (inputs.law.kind == CellLaw::Kind::ohmic)
    solve_ohmic(inputs, answer);
  else
    solve_nonlinear(inputs, answer);
  answer.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  add_ideal(inputs, answer);
  return answer;
}

/// Of the summed currents of one input; nothing where the ideal sum is 0.
nlohmann::ordered_json loss_percent(const Answer& answer, std::size_t vector, std::size_t lines) {
  double sum = 0.0, ideal = 0.0;
  for (std::size_t j = vector * lines; j < (vector + 1) * lines; ++j) {
    sum += answer.currents[j];
    ideal += answer.ideal[j];
  }
  return ideal == 0.0 ? nlohmann::ordered_json() : nlohmann::ordered_json(100.0 * (1.0 - sum / ideal));
}

std::string json_of(const Inputs& inputs, const Answer& answer) {
  const std::size_t lines = inputs.cells.bit_lines;
  nlohmann::ordered_json json;
  const auto add = [&](const char* name, const std::vector<double>& values) {
    if (inputs.vectors == 1) {
      json[name] = values;
      return;
    }
    json[name] = nlohmann::ordered_json::array();
    for (auto row = values.begin(); row != values.end(); row += static_cast<std::ptrdiff_t>(lines)) {
      json[name].push_back(std::vector<double>(row, row + static_cast<std::ptrdiff_t>(lines)));
    }
  };
  add("currents_a", answer.currents);
  add("ideal_currents_a", answer.ideal);
  json["loss_percent"] = nlohmann::ordered_json::array();
  for (std::size_t v = 0; v < inputs.vectors; ++v) json["loss_percent"].push_back(loss_percent(answer, v, lines));
  if (inputs.vectors == 1) json["loss_percent"] = loss_percent(answer, 0, lines);
  json["seconds"] = answer.seconds;
  return json.dump() + "\n";
}

std::string picture_of(const CrossbarCommand& arguments, const Inputs& inputs, const Answer& answer) {
  HeatMap map;
  const std::string name = std::filesystem::path(arguments.conductance).filename().string();
  map.title = fmt::format("{}, {} x {} cells", name, inputs.cells.rows, inputs.cells.bit_lines);
  map.quantity = fmt::format("voltage lost between driver and cell, mV{}", inputs.vectors > 1 ? " (first input)" : "");
  map.horizontal = "bit line";
  map.vertical = "wordline";
  map.rows = inputs.cells.rows;
  map.columns = inputs.cells.bit_lines;
  for (const double volts : answer.lost_volts) map.values.push_back(1e3 * volts);
  return heat_map_svg(map);
}

void print_summary(const CrossbarCommand& arguments, const Inputs& inputs, const Answer& answer) {
  const WireSpec& wires = inputs.wires;
  fmt::print("{}: {} wordlines x {} bit lines, {} cells, {} input{}\n", arguments.conductance, inputs.cells.rows,
             inputs.cells.bit_lines, arguments.cell, inputs.vectors, inputs.vectors == 1 ? "" : "s");
  fmt::print("wires: {} a wordline segment, {} a bit line segment, driver {}, sense {}, driven from {} side{}\n",
             format_quantity(wires.wordline), format_quantity(wires.bitline), format_quantity(wires.driver),
             format_quantity(wires.sense), arguments.sides, arguments.sides == "one" ? "" : "s");
  const std::size_t lines = inputs.cells.bit_lines, shown = std::min<std::size_t>(inputs.vectors, 10);
  for (std::size_t v = 0; v < shown; ++v) {
    double sum = 0.0;
    for (std::size_t j = 0; j < lines; ++j) sum += answer.currents[v * lines + j];
    const auto loss = loss_percent(answer, v, lines);
    fmt::print("input {}: {:.9e} A in all{}\n", v, sum,
               loss.is_null() ? "" : fmt::format(", {:.2f} % less than without wires", loss.get<double>()));
  }
  if (shown < inputs.vectors) fmt::print("... and {} more (--json)\n", inputs.vectors - shown);
  fmt::print("{:.3f} s", answer.seconds);
  if (inputs.law.kind == CellLaw::Kind::ohmic)
    fmt::print("; Kirchhoff's laws hold to {:.0e}, relative", answer.residual);
  fmt::print("\n");
}

void solve_crossbar(const CrossbarCommand& arguments) {
  // Made again in a moment, so older answers are replaced; the inputs themselves may not be.
  for (const std::string& file : {arguments.json, arguments.picture}) {
    for (const std::string& input : {arguments.conductance, arguments.voltage}) {
      std::error_code absent;
      if (!file.empty() && std::filesystem::equivalent(file, input, absent)) {
        throw UserError(fmt::format("{} is an input: write the answer elsewhere", file));
      }
    }
  }
  const Inputs inputs = read_inputs(arguments);
  const Answer answer = answer_of(inputs);
  if (!arguments.picture.empty()) write_file_atomically(arguments.picture, picture_of(arguments, inputs, answer));
  if (arguments.json == "-") {
    fmt::print("{}", json_of(inputs, answer));
    return;
  }
  print_summary(arguments, inputs, answer);
  if (!arguments.json.empty()) write_file_atomically(arguments.json, json_of(inputs, answer));
}

constexpr const char* kFooter =
    "\nWordline i is driven at its first bit line (--sides both: at both ends); bit line j is sensed, at 0 V, behind "
    "its last\n"
    "wordline. Driver and sense resistances come on top of one wire segment at each end. 0 ohm is exact.\n"
    "Cells:\n"
    "  ohmic       I = G v: one transfer matrix, then one product an input\n"
    "  sinh        I = G v0 sinh(v / v0), v0 = --sine-voltage: Newton's method, input by input\n"
    "  transistor  the cell in series with an access transistor (square law, --transistor-factor, --overdrive)\n"
    "Example: G of shape (wordlines, bit lines) in siemens, V of shape (wordlines,) or (inputs, wordlines) in volt:\n"
    "  crossloom crossbar --conductance G.npy --voltage V.npy --wire 1ohm --json currents.json --picture drop.svg\n"
    "What is solved, and how: docs/physics.md";

void add_options(CLI::App& command, CrossbarCommand& arguments) {
  const auto text = [&](const char* name, std::string& value, const char* what) {
    return command.add_option(name, value, what);
  };
  text("--conductance", arguments.conductance, "Conductances of the cells, rows = wordlines (.npy or .csv)")
      ->type_name("FILE")
      ->required();
  text("--voltage", arguments.voltage, "Voltages of the drivers, one input or one a row (.npy or .csv)")
      ->type_name("FILE")
      ->required();
  text("--wire", arguments.wire, "Resistance of every wire segment")->capture_default_str()->type_name("R");
  text("--wordline", arguments.wordline, "Resistance of a wordline segment, instead of --wire")->type_name("R");
  text("--bitline", arguments.bitline, "Resistance of a bit line segment, instead of --wire")->type_name("R");
  text("--driver", arguments.driver, "Resistance of a driver")->capture_default_str()->type_name("R");
  text("--sense", arguments.sense, "Resistance of a sense end")->capture_default_str()->type_name("R");
  text("--sides", arguments.sides, "Ends of a wordline that are driven")
      ->capture_default_str()
      ->check(CLI::IsMember({"one", "both"}));
  text("--cell", arguments.cell, "Law of the cells (below)")
      ->capture_default_str()
      ->check(CLI::IsMember({"ohmic", "sinh", "transistor"}));
  text("--sine-voltage", arguments.sine_voltage, "v0 of sinh cells")->capture_default_str()->type_name("V");
  command.add_option("--transistor-factor", arguments.transistor_factor, "mu C W / L of the transistors, A/V^2")
      ->capture_default_str()
      ->type_name("X");
  text("--overdrive", arguments.overdrive, "Gate voltage of the transistors above threshold")
      ->capture_default_str()
      ->type_name("V");
  text("--json", arguments.json, "Write currents and loss as JSON; - prints them instead of the summary")
      ->type_name("FILE");
  text("--picture", arguments.picture, "Write the voltage lost at every cell as SVG")->type_name("FILE");
}

}  // namespace

void add_crossbar_command(CLI::App& app) {
  auto arguments = std::make_shared<CrossbarCommand>();
  CLI::App* command = app.add_subcommand("crossbar", "Solve one array with its wires by itself");
  add_options(*command, *arguments);
  command->footer(kFooter);
  command->callback([arguments] { solve_crossbar(*arguments); });
}

}  // namespace crossloom
