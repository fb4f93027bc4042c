# The package delever: its compiled part, and its own files by links, so that PYTHONPATH=BUILD/python is the package.
set(package ${PROJECT_BINARY_DIR}/python/delever)
set_target_properties(python PROPERTIES CXX_VISIBILITY_PRESET hidden UNITY_BUILD OFF)  # pybind11 is large enough
target_link_libraries(python PRIVATE Python3::Module)
add_library(python_module MODULE python/main.cc)
target_link_libraries(python_module PRIVATE python pybind11::module)
target_compile_options(python_module PRIVATE ${delever_flags})
set_target_properties(python_module PROPERTIES OUTPUT_NAME _core PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${package}
  SUFFIX ".${Python3_SOABI}.so" CXX_VISIBILITY_PRESET hidden LINK_FLAGS "-Wl,--exclude-libs,ALL")
file(GLOB package_files CONFIGURE_DEPENDS python/delever/*.py python/delever/*.pyi python/delever/py.typed)
file(MAKE_DIRECTORY ${package})
foreach(file IN LISTS package_files)
  get_filename_component(name ${file} NAME)
  file(CREATE_LINK ${file} ${package}/${name} SYMBOLIC)
endforeach()
math(EXPR next_minor "${Python3_VERSION_MINOR} + 1")
set(python_range "python3 (>= ${Python3_VERSION_MAJOR}.${Python3_VERSION_MINOR}), python3 (<< ${Python3_VERSION_MAJOR}.${next_minor})"
  PARENT_SCOPE)
if(NOT DEFINED DELEVER_PYTHON_FOLDER)
  set(DELEVER_PYTHON_FOLDER lib/python3/dist-packages)
endif()
install(FILES ${package_files} DESTINATION ${DELEVER_PYTHON_FOLDER}/delever COMPONENT python)
install(TARGETS python_module LIBRARY DESTINATION ${DELEVER_PYTHON_FOLDER}/delever COMPONENT python)
if(NOT DELEVER_FUZZ AND NOT DELEVER_BENCH AND NOT DELEVER_ODR)
  add_test(NAME python COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/python_test.py ${PROJECT_BINARY_DIR}/python
           $<TARGET_FILE:delever>)
  set_tests_properties(python PROPERTIES SKIP_RETURN_CODE 77 LABELS package)
endif()
