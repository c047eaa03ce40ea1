// The version of the program, as `holdfast version` says it. The same as in CMakeLists.txt.
#pragma once

namespace holdfast {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace holdfast
