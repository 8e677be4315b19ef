# crossloom_warnings: warnings are errors for our own code; third-party headers are SYSTEM.
add_library(crossloom_warnings INTERFACE)
target_compile_options(crossloom_warnings INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)

if(CROSSLOOM_SANITIZE)
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
endif()
if(CROSSLOOM_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()

# crossloom_library(NAME SOURCES ... PUBLIC ... PRIVATE ...): one static library a folder.
function(crossloom_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(crossloom_${name} STATIC ${ARG_SOURCES})
  add_library(crossloom::${name} ALIAS crossloom_${name})
  target_include_directories(crossloom_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(crossloom_${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} crossloom_warnings)
endfunction()

# crossloom_test(FILE LIBRARIES ... [LABELS ...] [TIMEOUT seconds]): one executable a test file; each TEST is a ctest test of
# its own process.
function(crossloom_test file)
  cmake_parse_arguments(ARG "" "TIMEOUT" "LIBRARIES;LABELS" ${ARGN})
  get_filename_component(stem ${file} NAME_WE)
  add_executable(${stem} ${file} $<TARGET_OBJECTS:crossloom_test_main>)
  target_include_directories(${stem} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${stem} PRIVATE GTest::gtest GTest::gmock ${ARG_LIBRARIES} crossloom_warnings)
  # What is tested is compiled as users get it; the tests themselves gain nothing from more than this.
  target_compile_options(${stem} PRIVATE $<$<CONFIG:Release>:-O1>)
  target_compile_definitions(${stem} PRIVATE CROSSLOOM_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  gtest_discover_tests(${stem} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
