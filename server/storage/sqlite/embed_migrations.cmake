# Writes the migration files as C++ string literals.
#   cmake -DOUTPUT=x.cc "-DFILES=0001_a.sql|0002_b.sql" -P this_file
string(REPLACE "|" ";" files "${FILES}")
set(rows "")
foreach(file IN LISTS files)
  get_filename_component(name "${file}" NAME)
  if(NOT name MATCHES "^0*([1-9][0-9]*)_[a-z0-9_]+\\.sql$")
    message(FATAL_ERROR "${name}: a migration is named NNNN_what.sql")
  endif()
  set(number ${CMAKE_MATCH_1})
  file(READ "${file}" text)
  string(APPEND rows "      {${number}, R\"sql(${text})sql\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Made by embed_migrations.cmake.
#include \"server/storage/sqlite/migrations.h\"

namespace passerelle::storage::sqlite {

const std::vector<Migration>& ReleasedMigrations() {
  static const auto* const kMigrations = new std::vector<Migration>{
${rows}  };
  return *kMigrations;
}

}  // namespace passerelle::storage::sqlite
")
