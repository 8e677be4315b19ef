# Writes OUTPUT, a C++ file with digests of the sources in SOURCE_DIR: cached results carry them, so that no other
# program's are taken. Run as cmake -DSOURCE_DIR=... -DOUTPUT=... -P CodeDigest.cmake
function(digest_of result)
  set(all "")
  foreach(pattern IN LISTS ARGN)
    file(GLOB_RECURSE files RELATIVE ${SOURCE_DIR} ${SOURCE_DIR}/${pattern})
    list(SORT files)
    foreach(file IN LISTS files)
      file(SHA256 ${SOURCE_DIR}/${file} digest)
      string(APPEND all "${file} ${digest}\n")
    endforeach()
  endforeach()
  string(SHA256 digest "${all}")
  set(${result} ${digest} PARENT_SCOPE)
endfunction()

set(stages app/stages.h app/stages.cpp app/streams.h)
digest_of(networks base/*.h base/*.cpp models/*.h models/*.cpp training/*.h training/*.cpp ${stages})
digest_of(chips mapping/*.h mapping/*.cpp sim/*.h sim/*.cpp traces/*.h traces/*.cpp app/*.h app/*.cpp)
file(WRITE ${OUTPUT}
  "#include \"app/version.h\"\n\n"
  "namespace crossloom {\n\n"
  "std::string network_code_digest() { return \"${networks}\"; }\n"
  "std::string chip_code_digest() { return \"${chips}\"; }\n\n"
  "}  // namespace crossloom\n")
