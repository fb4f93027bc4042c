// Where the files that come with the program are (rules, rulebooks, maps, scenarios, samples), and
// which object of the process the program is: the binary, or the library that Python has loaded.
#pragma once
#include <string>

namespace delever {

// The file of the binary or library that this code is in.
std::string program_file();

// $DELEVER_HOME, and then nothing else; else share/delever beside or one folder above the binary
// (up to four above a library); else the source tree that it was built from.
std::string program_home();

// The linker's build id of program_file() in hexadecimal; empty where the linker left none.
std::string program_build_id();

}  // namespace delever
