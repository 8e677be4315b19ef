// libsystemc defines a main of its own and wants sc_main: with this main, tests run whatever the link order, and an
// sc_main that is called by mistake fails instead of passing with no test run.
#include <gmock/gmock.h>

extern "C" int sc_main(int, char**);
extern "C" int sc_main(int, char**) { return 1; }

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
