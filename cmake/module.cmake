# module(NAME DEPS a b c LIBS x y): one static library per folder of src/, one test program from its *_test.cc,
# one program per *_bench.cc and *_fuzz.cc. tools/tidy.py reads these same DEPS, so the drawing of the architecture
# is the build file itself. LIBS are libraries from outside that the module alone may see; TEST_LIBS and BENCH_LIBS
# (after LIBS) are for its tests and benches alone.
set(delever_flags -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
  -Wno-missing-field-initializers  # designated initialisers leave the rest at their defaults
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>  # gcc 12 at -O3 sees overlaps in std::string that are not there (bug 105651)
  -ffp-contract=off)

add_custom_target(fuzzers)  # what `make fuzz` and `make bench` build
add_custom_target(benches)

# folders(NAME a b .): the folders of a module, lowest first, "." for the files beside them. Only tidy.py reads it: a
# folder includes those before it alone.
function(folders name)
endfunction()

# Headers are read once for many sources; CMake leaves sources with options of their own alone.
function(compile_at_once target sources)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${sources})
  # gcc takes an included source for a header, of which it says that others may see its unnamed types
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endfunction()

function(module name)
  cmake_parse_arguments(M "" "" "DEPS;LIBS;TEST_LIBS;BENCH_LIBS" ${ARGN})
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/${name})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${dir}/*.cc ${dir}/*.h)
  set(tests ${sources})
  set(benches ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz)\\.cc$|/main\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cc$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cc$")
  add_library(${name} STATIC ${sources})
  set_property(GLOBAL APPEND PROPERTY delever_modules ${name})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${M_DEPS} PRIVATE ${M_LIBS})
  target_compile_options(${name} PRIVATE ${delever_flags})
  if(DELEVER_UNITY)
    compile_at_once(${name} 16)
  endif()
  if(tests AND DELEVER_TESTS)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${M_LIBS} ${M_TEST_LIBS} GTest::gtest_main)
    target_compile_options(${name}_test PRIVATE ${delever_flags})
    if(DELEVER_UNITY)
      compile_at_once(${name}_test 8)
      target_compile_options(${name}_test PRIVATE -Wno-shadow)  # a local name of one file, a name of another; dev says it
    endif()
    add_test(NAME ${name} COMMAND ${name}_test)
  endif()
  foreach(source ${benches})
    get_filename_component(stem ${source} NAME_WE)
    if(DELEVER_BENCH)
      add_executable(${stem} ${source})
      target_link_libraries(${stem} PRIVATE ${name} ${M_LIBS} ${M_BENCH_LIBS} benchmark::benchmark)
      add_dependencies(benches ${stem})
      target_compile_options(${stem} PRIVATE ${delever_flags})
    endif()
  endforeach()
  foreach(source ${fuzzers})
    get_filename_component(stem ${source} NAME_WE)
    if(DELEVER_FUZZ)
      add_executable(${stem} ${source})
      target_link_libraries(${stem} PRIVATE ${name} ${M_LIBS})
      target_compile_options(${stem} PRIVATE ${delever_flags})
      target_link_options(${stem} PRIVATE -fsanitize=fuzzer)
      add_dependencies(fuzzers ${stem})
      add_test(NAME ${stem} COMMAND ${stem} -seed=1 -max_total_time=10 -timeout=60 -rss_limit_mb=2048)
    endif()
  endforeach()
endfunction()
