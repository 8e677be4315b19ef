# Debian packages only, found and never downloaded.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(ZLIB REQUIRED)
# Debian's dnnl-config.cmake asks for the OpenCL headers of a GPU engine that we never make; find the library itself.
find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
find_library(DNNL_LIBRARY dnnl)
if(NOT DNNL_INCLUDE_DIR OR NOT DNNL_LIBRARY)
  message(FATAL_ERROR "oneDNN was not found: install libdnnl-dev")
endif()
add_library(DNNL::dnnl UNKNOWN IMPORTED)
set_target_properties(DNNL::dnnl PROPERTIES IMPORTED_LOCATION ${DNNL_LIBRARY}
                                            INTERFACE_INCLUDE_DIRECTORIES ${DNNL_INCLUDE_DIR})
find_package(Boost REQUIRED COMPONENTS graph)
find_package(CLI11 REQUIRED)
find_package(SQLite3 REQUIRED)
pkg_check_modules(systemc REQUIRED IMPORTED_TARGET systemc)

# SystemC's library refuses objects of another C++ standard with an unreadable linker error; say it plainly instead.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES PkgConfig::systemc)
set(CMAKE_REQUIRED_FLAGS "-std=c++17")
check_cxx_source_compiles("#include <systemc>\nint sc_main(int, char**) { sc_core::sc_time t; return t > sc_core::SC_ZERO_TIME; }"
                          CROSSLOOM_SYSTEMC_LINKS)
unset(CMAKE_REQUIRED_LIBRARIES)
unset(CMAKE_REQUIRED_FLAGS)
if(NOT CROSSLOOM_SYSTEMC_LINKS)
  message(FATAL_ERROR "SystemC was found but a C++17 program does not link with it: "
                      "libsystemc must have been built for C++17 (Debian's libsystemc-dev 2.3.4 is).")
endif()
