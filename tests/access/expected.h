#ifndef PASSERELLE_TESTS_ACCESS_EXPECTED_H_
#define PASSERELLE_TESTS_ACCESS_EXPECTED_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace passerelle::testing {

// What a mission is to a file of host iom-tn and origin iom-ma, and what its
// officers see of it. Everything else is denied.
struct Situation {
  std::string name;
  std::string mission;
  std::string column;  // of the rows of methods
  // How the file differs from one that was sent, consented to and arrived.
  bool sent = true;
  bool retroactive = false;
  bool handed_over = false;
  std::string share;  // the consent towards the other mission: withdrawn, …
  std::string grant;  // purpose; empty: there is none
  std::string mode = "READ";
  std::string classes;
  std::string grant_is;     // offered, recalled, expired; else in force
  std::string share_grant;  // the consent that the grant cites: withdrawn, …
  std::vector<std::string> consents;  // SCOPE mission [withdrawn|expired|for P]
  std::string flag;                   // a vulnerability of the principal
  int travel_in_days = 1;
  std::map<std::string, std::set<std::string>> see;  // role -> blocks
};

struct Offer {
  std::string mission;
  std::set<std::string> purposes;
};

// expected.toml, its groups resolved. A page that cannot be read, or that says
// something twice, ends the program with what is wrong.
class Expected {
 public:
  static const Expected& Get();

  const std::vector<std::string>& roles() const { return roles_; }  // codes
  // Name of the role in the contract; empty for `-`.
  const std::string& RoleName(const std::string& code) const {
    return role_names_.at(code);
  }
  const std::vector<Situation>& situations() const { return situations_; }
  const std::vector<Offer>& offers() const { return offers_; }
  const std::set<std::string>& methods() const { return methods_; }

  // Whether an officer of the role may call the method in the situation.
  bool Permits(const std::string& method, const Situation& situation,
               const std::string& role) const;

  // Block of a field of a resource by its path; empty when it has none.
  std::string BlockOf(const std::string& resource,
                      absl::string_view path) const;
  const std::set<std::string>& blocks() const { return blocks_; }

 private:
  Expected() = default;
  std::set<std::string> Words(absl::string_view text) const;

  std::vector<std::string> roles_;
  std::map<std::string, std::string> role_names_;
  std::map<std::string, std::string> groups_;
  std::vector<Situation> situations_;
  std::vector<Offer> offers_;
  std::set<std::string> methods_;
  std::set<std::string> blocks_;
  // method -> column -> roles
  std::map<std::string, std::map<std::string, std::set<std::string>>> permits_;
  // resource -> path -> block
  std::map<std::string, std::map<std::string, std::string>> fields_;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_ACCESS_EXPECTED_H_
