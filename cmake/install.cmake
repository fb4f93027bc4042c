# cmake --install, and the Debian packages (make deb). What is installed is found relative to the binary
# (base/program_home.h); docs/install.md says where what goes.
include(GNUInstallDirs)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # what is installed is built by name, not everything
set(share ${CMAKE_INSTALL_DATADIR}/delever)
install(TARGETS delever RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT delever)
file(STRINGS cmake/shipped.txt shipped REGEX "^[^#]")
foreach(path IN LISTS shipped)
  get_filename_component(below ${path} DIRECTORY)
  if(path MATCHES "/dist$")  # there once `make page` has been
    install(DIRECTORY ${path} DESTINATION ${share}/${below} COMPONENT delever OPTIONAL)
  elseif(IS_DIRECTORY ${PROJECT_SOURCE_DIR}/${path})
    install(DIRECTORY ${path} DESTINATION ${share}/${below} COMPONENT delever)
  else()
    install(FILES ${path} DESTINATION ${share}/${below} COMPONENT delever)
  endif()
endforeach()

# The manual and the completion, by the program itself.
set(pages ${PROJECT_BINARY_DIR}/pages)
file(MAKE_DIRECTORY ${pages})
add_custom_command(OUTPUT ${pages}/delever.1.gz ${pages}/delever.bash
  COMMAND delever --write-pages ${pages}
  COMMAND gzip -9nkf ${pages}/delever.1
  DEPENDS delever)
add_custom_target(pages ALL DEPENDS ${pages}/delever.1.gz ${pages}/delever.bash)
install(FILES ${pages}/delever.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT delever)
install(FILES ${pages}/delever.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
        RENAME delever COMPONENT delever)

# Services run the program where it has been installed, which `cmake --install --prefix` decides last.
file(GLOB units CONFIGURE_DEPENDS tools/*.service)
install(FILES ${units} DESTINATION lib/systemd/system COMPONENT delever)
install(CODE [[
  file(GLOB units "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/lib/systemd/system/delever*.service")
  foreach(unit IN LISTS units)
    file(READ ${unit} text)
    string(REPLACE "/usr/local/bin/" "${CMAKE_INSTALL_PREFIX}/bin/" text "${text}")
    file(WRITE ${unit} "${text}")
  endforeach()
]] COMPONENT delever)

# What Debian's policy wants of a package.
set(delever_maintainer "delever maintainers <maintainers@delever.example>")
execute_process(COMMAND date -u -R -d ${delever_date} OUTPUT_VARIABLE changed OUTPUT_STRIP_TRAILING_WHITESPACE)
file(CONFIGURE OUTPUT ${pages}/changelog CONTENT "delever (@PROJECT_VERSION@) unstable; urgency=medium

  * Built from the commit of @delever_commit@.

 -- @delever_maintainer@  @changed@
" @ONLY)
execute_process(COMMAND gzip -9nkf ${pages}/changelog)
foreach(package delever python3-delever)
  string(REPLACE "python3-delever" "python" component ${package})
  install(FILES cmake/debian/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
  install(FILES ${pages}/changelog.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
endforeach()
include(cmake/package.cmake)
