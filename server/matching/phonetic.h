#ifndef PASSERELLE_SERVER_MATCHING_PHONETIC_H_
#define PASSERELLE_SERVER_MATCHING_PHONETIC_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace passerelle::matching {

// One space of sounds for all scripts, one byte each:
//   consonants  b p f v m n r l t T(th) d D(dh) s z S(sh) C(ch) c(tch) j g
//               G(gh) k q x(kh) h w y '
//   vowels      a e i o u, and A W Y E for Arabic's ا و ي ة
// so that محمد is "mhmd" and meets Mohamed without a dictionary.
inline constexpr absl::string_view kPhoneticSymbols =
    "bpfvmnrltTdDszSCcjgGkqxhwy'aeiouAWYE";

bool IsPhoneticVowel(char symbol);

// Sounds of one word in Latin letters: a to z, and one byte for letters whose
// mark carries sound: S (š ş ś), C (č ć), Z (ž ź ż), G (ğ ġ), N (ñ ń), X (ḫ),
// T (ṯ), D (ḏ), ' (ʿ). Anything else is left out.
std::string PhoneticLatin(absl::string_view sounded);

// Sounds of one word in Arabic letters (Persian, Urdu and Kurdish ones too)
// without marks. Letters unknown here are left out.
std::string PhoneticArabic(std::u32string_view word);

// Sounds of one word in Ethiopic syllables.
std::string PhoneticEthiopic(std::u32string_view word);

// Consonant skeletons for keys: vowels, w, y, h and ' dropped, sounds that
// spellings confuse merged, repeats collapsed. Ambiguous letters give
// alternatives: at least one, at most 8, sorted. A word without consonants
// gives its first sound, in capitals no skeleton has.
std::vector<std::string> Skeletons(absl::string_view phonetic);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_PHONETIC_H_
