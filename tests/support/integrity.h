#ifndef PASSERELLE_TESTS_SUPPORT_INTEGRITY_H_
#define PASSERELLE_TESTS_SUPPORT_INTEGRITY_H_

#include <string>

namespace passerelle::testing {

// What PRAGMA integrity_check says of an SQLite file: "ok", or what is wrong.
std::string IntegrityOf(const std::string& path);

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_INTEGRITY_H_
