#ifndef PASSERELLE_SERVER_MATCHING_PHONETIC_H_
#define PASSERELLE_SERVER_MATCHING_PHONETIC_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/matching/normaliser.h"

namespace passerelle::matching {

// One space of sounds for all scripts, one byte each:
//   consonants  b p f v m n r l t T(th) d D(dh) s z S(sh) C(ch) c(tch) j g
//               G(gh) k q x(kh) h w y '
//   vowels      a e i o u, and A W Y E for Arabic's ا و ي ة
// so that محمد is "mHmd"-like and meets Mohamed without a dictionary.
inline constexpr absl::string_view kPhoneticSymbols =
    "bpfvmnrltTdDszSCcjgGkqxhwy'aeiouAWYE";

// The sound of one folded word. Letters without a sound here are left out.
std::string Phonetic(absl::string_view folded, Script script);

// Consonant skeletons for keys: vowels, w, y, h and ' dropped, sounds that
// spellings confuse merged, repeats collapsed. Ambiguous letters give
// alternatives: at least one, at most 8, sorted. A word without consonants
// gives its phonetic string itself.
std::vector<std::string> Skeletons(absl::string_view phonetic);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_PHONETIC_H_
