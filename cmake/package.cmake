# Two packages: delever, and python3-delever where the module is built. What they depend on is read from the binaries.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME delever)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "${delever_maintainer}")
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_COMPONENTS_ALL delever)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS OFF)
set(CPACK_DEBIAN_DELEVER_PACKAGE_NAME delever)
set(CPACK_DEBIAN_DELEVER_PACKAGE_SECTION science)
set(CPACK_COMPONENT_DELEVER_DESCRIPTION "leverage in the crypto derivatives market, measured and rehearsed
Turns recordings of crypto derivatives venues into readings that carry their
sources, time, interval, definition and state; checks published claims against
them; computes margin and liquidation by each venue's rules; and rehearses the
next wave of liquidations on a simulated exchange.")
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-delever)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_COMPONENT_PYTHON_DESCRIPTION "leverage in the crypto derivatives market, in Python
Tapes as columns, readings and option chains as tables, margin, options,
stress, simulation and a whole exchange, on numpy and pandas.")
if(DELEVER_PYTHON)
  list(APPEND CPACK_COMPONENTS_ALL python)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
      "delever (= ${PROJECT_VERSION}), ${python_range}, python3-numpy, python3-pandas")
endif()
include(CPack)
