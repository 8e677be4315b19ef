// docs/config.md holds the table of keys that the program prints.
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/program.h"

namespace crossloom {
namespace {

TEST(KeyTable, InTheDocumentationIsTheOneThatTheProgramPrints) {
  const std::string source = CROSSLOOM_SOURCE_DIR;
  const test::ProgramResult printed = test::run_program({"check", source + "/configs/experiments/demo.yaml", "--keys"});
  ASSERT_EQ(printed.exit_code, 0) << printed.errors;
  EXPECT_NE(read_file(source + "/docs/config.md").find(printed.output), std::string::npos)
      << "renew the table in docs/config.md with: crossloom check configs/experiments/demo.yaml --keys";
}

}  // namespace
}  // namespace crossloom
