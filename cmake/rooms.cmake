# One library a room. Sources are globbed below src/<room>; `*_test.cpp` beside them become <room>_test.
#
#   holdfast_room(<name> [ROOMS <rooms it may know>...] [LIBS <outside libraries>...])
#
# Include paths carry only the room itself and the rooms it names: headers are reached as "<room>/file.h" through a
# folder of links, build/rooms/<room>/<name>, one for each room, so that an include of a room not named does not compile.

add_library(holdfast_flags INTERFACE)
target_compile_options(holdfast_flags INTERFACE -Wall -Wextra -Werror -fno-omit-frame-pointer)
if(HOLDFAST_SANITIZE)
  target_compile_options(holdfast_flags INTERFACE -fsanitize=${HOLDFAST_SANITIZE} -fno-sanitize-recover=all)
  # GCC documents that instrumentation makes this warning see what is not there (std::regex is enough). The plain build
  # keeps it.
  target_compile_options(holdfast_flags INTERFACE -Wno-maybe-uninitialized)
  target_link_options(holdfast_flags INTERFACE -fsanitize=${HOLDFAST_SANITIZE})
endif()
find_program(LLD ld.lld)
if(LLD)
  target_link_options(holdfast_flags INTERFACE -fuse-ld=lld)
endif()
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

function(holdfast_room name)
  cmake_parse_arguments(ARG "" "" "ROOMS;LIBS" ${ARGN})
  set(dir ${PROJECT_SOURCE_DIR}/src/${name})
  set(view ${PROJECT_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${dir} ${view}/${name} SYMBOLIC)

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/init/")
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  if(sources)
    add_library(hf_${name} STATIC ${sources})
    set(kind PUBLIC)
  else()
    add_library(hf_${name} INTERFACE)
    set(kind INTERFACE)
  endif()
  target_include_directories(hf_${name} ${kind} ${view})
  target_link_libraries(hf_${name} ${kind} ${ARG_LIBS} holdfast_flags)
  foreach(room ${ARG_ROOMS})
    target_link_libraries(hf_${name} ${kind} hf_${room})
  endforeach()

  if(HOLDFAST_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE hf_${name} rapidcheck GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name}_test DISCOVERY_TIMEOUT 60 DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${name} TIMEOUT 300)
  endif()
endfunction()
