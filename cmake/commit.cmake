# delever_commit: "2026-01-30 0123abc" of what is released; SOURCE_DATE_EPOCH of a tree without git. Builds for work keep
# one text, or each commit would link every program again.
set(delever_commit "a working tree")
set(delever_date "1970-01-01")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  execute_process(COMMAND git log -1 --format=%cs\ %h WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                  OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(found)
    set(delever_commit "${found}")
  else()
    string(TIMESTAMP found "%Y-%m-%d" UTC)  # SOURCE_DATE_EPOCH, where it is set
    set(delever_commit "${found} (no commit)")
  endif()
  string(SUBSTRING "${delever_commit}" 0 10 delever_date)
endif()
