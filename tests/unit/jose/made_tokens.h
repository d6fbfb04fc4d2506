// Made by made_tokens.py: tokens of joserfc and PyJWT, and their keys, which are for nothing else.
#pragma once

namespace gh::jose::made {

struct Key {
  const char* name;
  const char* jwk;
};
struct Token {
  const char* maker;
  const char* algorithm;
  const char* key;
  const char* token;
};

inline constexpr char claims[] =
     "{\"iss\":\"https://issuer.example\",\"sub\":\"user-1\",\"aud\":[\"api\",\"web\"],\"exp\":4102444800,\"iat\":1700000000"
     "}";

inline constexpr Key keys[] = {
    {"rsa",
     "{\"n\": \"qAP81qNLwRADCp-Lk86ZQOg404ALpWS2tboCEp6FdySX5oqILTN7JJSDzENMKOUF-XN9OlvD9u_Ow2wbw-EVTTeQ3Q50R"
     "RW3GhikbADdf3Jz56_wFaqq00LHCN-TKGZXpzBlpo1p-5GXfgb_Zws-QAM8jHsKlRTC8W170Q7wvr6QooNjIi9OhS4MqN2SPWZNs"
     "83u9Gugx9eBKmOZijDN4LnRlF1d3ImMr-GJQy04Gzb6wOkPe7q0GS7HN2qHAaQJn0kdCFY_k-k4iNryquZjPFHHp3mDkGDtXV0lz"
     "cM_-CEIFKqVBOp57_1nnf__t8n9xhuAbEGqELMmzNnNDE2fzw\", \"e\": \"AQAB\", \"d\": \"CvcbqLxxOhE79D-ztyVMI4wkV_VVj"
     "T6fSAlIOlkwgl_tLqV1kWb4j0txYJg3H7zMC4WJ3jr_9UfzBBZe_NqImTNaV9BU2US7YE93Ek9qJU0IcHivNWgf4aLMOkbbzqQDQ"
     "3eT-Bnm7qgIAuMdBxIY8XTknjx81Sb3jr8jo2ITZzdjQmwnh6DK9UGi-WyLEyYwRvwV3NU_9RZEA1zjanzyyNZJeANqOSB8UXNL1"
     "a6IT_E3qSnFz2t_ca7qQBK0slUdrW-XpjKXrvp6vWxxcjWpp45zqU7tuSR810IOI1z7tS_u4nMPuQuPPAt4tdjygwHLRAMhQQBVk"
     "E0DS-xFkjqsvQ\", \"p\": \"11m-Zj1LdCOdbrzLWiNJ5V93-AkkkR01I52yWAU8FfJ34bYirJDLMNhntw_LcdVj_96dGj0hfbs26d"
     "zc4-UwQERwSOW1jzaUK0PK0saRu7iPNBP_bK0HJH84uCX7OCLiaOQVGCrCbU_O7hBnWwjomcAeQsQSX8w81RFVBOSipr0\", \"q\":"
     " \"x7rnXbqVtc7j41uORiA9deplDnnZl9nnjyPL5MZnK6OJgzKPB-PoFuARXvxOMWurUkk6NpeXS5WAAO1I6PykTnliuWTHx6Sd9Z"
     "V5X5YEUfjYdaTmDUR6ooHlQpD67lr_O8gN7lOXNX-1hvN0xSBDV-KIYejuG0uAEcYUHpULP3s\", \"dp\": \"dAbITPGNa7-cnQNfV"
     "Otabxjm3F6gswbXkJ7wbfg0DWccLCIjwHIq5-BQ0RLTfDuKq1tXrcFt__4UciArayYavyWgkcYh8k1nu3_FEZcnActIbLixj-4Rw"
     "RpChwT_u5kf_3-T1feD1b2AMkfoR-Ye3GfkZfiaJb82r12tPvuonsk\", \"dq\": \"sxUoomfMGIn61z6eYM5DjVivZ71llrww3a1R"
     "Aj3K_9vQTqykhoSY8vnRWYOMcM-De3JhGdXuOD1B2pLnjtAIWryIAocUgjNd1ndBrq0KDp27KDDEfRzrgI5Li9YGyHUa6PVFWG3m"
     "5HcvwmLEToPRHhnmAzQhWqPlnwolvA4TWcU\", \"qi\": \"nN7VW-2vttW-4z1bzGt5ZsIgpj3dknOY0YW-fX8XIzvivFc9J2wieEh"
     "w9DXktEvJlIENWB3ImDS-izwWjzglV_gyagA3b-rnobiQR3zbgWWrJsVu8wEjnsRTkEapgnaQdbDbv3SI7qruJcbrYC5j52vJtsx"
     "OyIsqU0mIj_j5DFM\", \"kty\": \"RSA\"}"},
    {"o16",
     "{\"k\": \"XcxLqgVvIuB9h5s7eG_XpA\", \"kty\": \"oct\"}"},
    {"o24",
     "{\"k\": \"DFnS_lpsmGbD4QI-NLz-SXH-CflgNzgN\", \"kty\": \"oct\"}"},
    {"o32",
     "{\"k\": \"oNw7CzIP5NGkrTE7ahh4wUB3Z5f0Jz5arersbEfjSOQ\", \"kty\": \"oct\"}"},
    {"o48",
     "{\"k\": \"xo0Zg3XIrBAKPZkgRqreU08TdobFCU2vTH2NdVUHqB35NoePagAfFm3l6d1IXkpK\", \"kty\": \"oct\"}"},
    {"o64",
     "{\"k\": \"HAt9Ii7BhFHNHzv0qfNVzoqK8Z--cDMSGC_VGlZscBtcHGoDR_7zOk3PW171Qt3HmRFET85cOtE8TG_V2AtqGQ\", \"kty"
     "\": \"oct\"}"},
    {"h256",
     "{\"k\": \"IRRgudCY3F7Y8C-EdEk1mM5B1gPQ3_zL7P5QW5xWvNU\", \"kty\": \"oct\"}"},
    {"h384",
     "{\"k\": \"uKOClVVxILJEYAhATtxjOvwDaf5yqLhUMnqzYMC6Oek8B3FesomH4k7Ti2TT59LG\", \"kty\": \"oct\"}"},
    {"h512",
     "{\"k\": \"omVFWSWB0E-PduZ7QbeKyP503KOlOIlfPTFgkBwg_cV2KKgETyfZDTnAt_4yxr2iJ7X9f_wyM6cY6grmegpUGg\", \"kty"
     "\": \"oct\"}"},
    {"p256",
     "{\"crv\": \"P-256\", \"x\": \"2uGmvt2l89P4-nJcBSzA7z2LGKIiboEAq54wSDqX4fo\", \"y\": \"FDn1nv05AYESCW5DA0hsGyMcj"
     "l9Xj5uCDbYYAUycoe0\", \"d\": \"Xp1PyOUnvAQGAW5XbQRmYg0VFbIZAuznmnJ1ttrw71s\", \"kty\": \"EC\"}"},
    {"p384",
     "{\"crv\": \"P-384\", \"x\": \"rqB9UWIFIdCSvsBcJg7rV03XYMbJcv4WxsCNvqArU40Re0JzZws0a2u3Mv2Xp_xF\", \"y\": \"_1oe"
     "nzgVNX17e6wsDyQ_3a4g9BywOJ_gfN_6RZzDqC8muiCifNZtJx_Av49MfxwS\", \"d\": \"BjCVIWheCo2pLXcHcTWqkk-ErVn8K_I"
     "rOJXRrDTACgpRTZTYa0PhIt_ONKULunbk\", \"kty\": \"EC\"}"},
    {"p521",
     "{\"crv\": \"P-521\", \"x\": \"ABP-Fm6Is6lwFmxHVOWyoJev7SHF4ZksFFCiv8RfutwJ4P7OWLAQYbka6vypzbc0XZcOqeweUG_Ha"
     "ffDt0IrtiTp\", \"y\": \"ATRmdDgFcPUrsR_FIKqANAcBoh0xsm3Z03xapLlB0QGdTHMx_SPa9DWr9mZJn515d9TV942dQUPxwewy"
     "QuWOT_S3\", \"d\": \"ADyuR6RllZFzRkCk3Mizfnjsp59fqPTXkIMnqONwkv30xrl-leCv4pN8I9kreWT04kaaXFD_mr0cvNCVufZ"
     "wyVlL\", \"kty\": \"EC\"}"},
    {"ed25519",
     "{\"crv\": \"Ed25519\", \"x\": \"_CFfA3WQShz059BdmXsXXU1Y_KrXFkt-BcI1I5VuFcw\", \"d\": \"u1FO85f0a1xarw48tAPITdP"
     "nx1kCGlgXnX4oSrTfaa8\", \"kty\": \"OKP\"}"},
    {"ed448",
     "{\"crv\": \"Ed448\", \"x\": \"8uHWZmZ8nFa6uFU8iH-gJj3n5FD4dzpFkDixA-ejOGpHp7SzPopqFPX24t0ADPsoP7nGu6z-SMqA\""
     ", \"d\": \"X21hOO5Dm0g11iNSQDqEFYlOGMXD6ncPy4xWrFt6bC3AB0oD1iHkcnHNo6GOTRSUMJRKOYIgCSdm\", \"kty\": \"OKP\"}"},
    {"x25519",
     "{\"crv\": \"X25519\", \"x\": \"TIPDPA6IR_UIMNvE5Q2v-NUn-qo9b3TaOvDyhhWfJkM\", \"d\": \"wGj8uybEfqK6DxCWaz9wIz7Y"
     "HCN9zrMBOV7a5pZjlUk\", \"kty\": \"OKP\"}"},
    {"x448",
     "{\"crv\": \"X448\", \"x\": \"JgoQVw9Gx_Cn5Wz8SL2huU_1SOvE7pwn7n8tmTRy6og6ZkzUsJVBY4F3uPDtfKJ4Hg-SYylphvI\", "
     "\"d\": \"cKHFB0br77fzX5e4GtOMYB_0ejCJBYMTTYWPc_a9MQboWmDnyBKUDe7Bv_8jAEPLcife3GJPebw\", \"kty\": \"OKP\"}"},
};

inline constexpr Token signed_tokens[] = {
    {"joserfc", "HS256", "h256",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.psqYST-q3oZVo3_atUVslAFmEJo"
     "76x4n0QQgSnh4rpo"},
    {"joserfc", "HS384", "h384",
     "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.4btWWwdCL1G9C4ooZmw6t00PFGI"
     "C8pcjMvFlyvZoRttE34Hd1t7UKYP4sUVHbpN2"},
    {"joserfc", "HS512", "h512",
     "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.QbfY5bxACDlf8QPAFmPXEHE6Ia3"
     "E42txdbKyv_3YSRrrRLn9uKEzZMBgNBHSOhc2PMyX5ic3pC9xixapvsKN-g"},
    {"joserfc", "RS256", "rsa",
     "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.eTMVkbsqyDtU1k2dhv5uUOx6ZYx"
     "5EgJ7mRtiUoeJl2keP1PEl5-bzaXvT2uBzMZHhJhutN4dkqpE9xaW7aYg4ZXH63vhrlnCAUxclOwO0DoApPr8x8vtelX0JGgnA99"
     "_6-EFusC1A9n1qVuZGaYCk3K8yPF_Dri96Lya9NxH15otOhZ8a__TbxOfWCdNmqCbls2CT5BJ0wisD3DfmdaNMlcgCbSm7K4Sfbb"
     "m6No73-xp7CwuBJPhNr8riMud-edDCE4Mqc8LLk9Wah-8DX6EGdQ6dqE3A2n7zgHIfSmC06eCOksR6_Zxorsxyo3kWrFJ3uW9ZSv"
     "fi75lgzg3TunURA"},
    {"joserfc", "RS384", "rsa",
     "eyJhbGciOiJSUzM4NCIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.L7hmsuZblp4oJT1EjK3C9HgQTYl"
     "4YBREC-v4l2xakXNTMsGkf8YR-PLDDa2e1FQEgVrjmhPabeuJpYbHaF54ZUphoYDs8tKTQFn9SH26lILKgp3UqInm353ONkkDguk"
     "xb5EsBkQGkWVVgtWDeejnnfQhTycY-_ugcVwKppkIJ_ge-VtlYiF6V59zHnz5zYoBVU0yvwm537lMIxclF630oASpyxNzpLTnenv"
     "TbYi13gbZTNqrObFWsV7GQr1Ah95CEFoExysxtvWIro79Xhmx1uAUkQVLD1fCeEO80XO2QtN7cMRdLrsUKcs-u79BSKbP0Y_dsj6"
     "Wch38oGRT7KUT8Q"},
    {"joserfc", "RS512", "rsa",
     "eyJhbGciOiJSUzUxMiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.ZhBBE9z5dyX0Ene6EiE4Iyo4Hv5"
     "CbpzrMhEGCIVHAvMXTH8ssxNZZQL1V7kWdC_ekKnGoPGedhTvCyRwaF7tYo4hf1WRm6j5H3Fx_U-b5Tr7YgxepcDyeUDGOATEvCA"
     "8QoGx7bzOW1Oaz0l6Gh96kS0EGnf5o6rgGQorw7IJqQbwdRdAJeavd7aAmZ3h7lvJYQMIrVMHdJbWGUpPgT-XU5xNKul08A5k_oy"
     "9T-pLdiZzzOmjCRitbbfPEZHBiKZaSPJL1qiAyC1AJ-GzRdsbySj_WMEGAiqHqXtOi1WZJMV0zCrZrk-hwh3CmV177jSLSzYkruH"
     "VGj8kwpYygwPwsg"},
    {"joserfc", "PS256", "rsa",
     "eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.chXRo0h_qhXRkxx-55jks87Y0As"
     "aXDioMGpIJSloM_ejMeb_5UcgutcDKl2eWJ7r9lwLbzZ3jKjm_sxZwdv8QFRYGhmsH3Pue6yA6oHMMzvLEERKEUsFhG_Y6yRhN95"
     "hryge8oh1fD7Ub150hGK_agPVg7O8sEQWnju4nMGDQXQyckrfHgmMMhZTkCfuskxOKjnZ1fJWmPVCd71cw5lbZyjQzea0k1pnVCJ"
     "CdjV9pEOgduoh6pnTE4tt64nQLyCHjG1jImkhKXarB_eSa1BL6tLIDzn0ZV1jyAtRAZJtIlT7PYXPT9JPWQ_Gv1hWtkWzNnvFfIV"
     "VKGMwR1COCj-koQ"},
    {"joserfc", "PS384", "rsa",
     "eyJhbGciOiJQUzM4NCIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.kryHoqVkZyd0roitCLEjle7vwhu"
     "bWGul8LqYYKHdPcRNS9cO05818JdqqDcuKbdN5YbCgkKv6r3JwwARnxOeXPszyjbtgp1MjpY4uXhdtpLo0WlRVywEioVkiKpvn4c"
     "zLbprsE1RgUcqNaVMv_pmEP7SMBWA4hSRUnpkndKLeShafN3-mM11NtYjaEIIQO8GyIoyCPwSCx1fR4XoH9-eG6cN3P9PTONfmCQ"
     "lRh7xOVJtd3M9lCWXbeDvhdVlcHk3aAR4cXNgdNkUU0Xx5_WhAWbv8lLHFdHJjalRasjfbYWWxO9wdAGeMrDbMmDwd2ybf8udC7y"
     "LtVo7COsWbDyigQ"},
    {"joserfc", "PS512", "rsa",
     "eyJhbGciOiJQUzUxMiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.bshPrju0R66oFG7OU_1wiNF4D-o"
     "0C_TYjDkPsYO1-IHNzDEaBK2YXQoycLKQD8sQk_9hfTebsvsWZq3EYQWtLanvUELF09nl9oUrrBcfgLFiNWjsTToQIxOUdUSqmYA"
     "5Y4dRJHNHPxmP_L5KN1jmTwgJj7PSIR6xZ7qIMYUDxgihA4Vzg4ENj-fg9wFbOW8h3I83CsC8D_9iit81ULGqGlisDqlgfDkZiDq"
     "Y9HjEJoPTmkSlqd5yn-ABmGxL9XEp3u25ViizzxIo5yB_0ngW1wht6qg1S3Ngav-CeAnUHqsIgwdK09CGqLkG-NQkOLI77TSbk70"
     "ueqeBDyZMr0iubw"},
    {"joserfc", "ES256", "p256",
     "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.JM5RqPYH8cLzC_esK3-bTyhmLmm"
     "9nMjkZkj5AMJoUrW_fUnScCdJfoS-znBYZTqm9VPSy8tTDf6ST3R5E30l9g"},
    {"joserfc", "ES384", "p384",
     "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.GyIgqnjv9u2IJgYHvyv1d5bs-q1"
     "SRFJOSaTo7sRPABTzCCD_nYWDd-ZvHFLiOEgaA5QDaRACA7abl6hfpVJxB4mzVD5jZumxhXuItXZr1faOYkm7FrE0oyiELzdrgPO"
     "e"},
    {"joserfc", "ES512", "p521",
     "eyJhbGciOiJFUzUxMiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.ALalZXqr0mlzDbEmriCA_kZnf13"
     "BiDBuZB_UKVK7WFyArknGH2v2j1HV65Zzp6qY1qIufI3y4dY5HlJ5_vVcFxxRAOAYPQoH71BRYS9dV3czBX8RqC07ObT1ROyurxg"
     "Wgq6VgQSdeQRNkeeqFl3QqLb6V1-__Q4AyMfnyvRNHpT8oeOT"},
    {"joserfc", "EdDSA", "ed25519",
     "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.YqSBpC6vZZfpuSLYAEt6xG2xFiO"
     "QJjjfgMKwV7Sj5D8bxe2hl6o0qsq9nanMmWxvflHDOSudyxKQFN5KNlsoAA"},
    {"joserfc", "Ed25519", "ed25519",
     "eyJhbGciOiJFZDI1NTE5IiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0x"
     "IiwiYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.yDYlR53b-nqYga2_GDmU892k"
     "BOFSEblQhKpMqslBz3WUeMkeqxSAVo8ftGZMvnq0Y-3eg5CB329S2b0n2INPCw"},
    {"joserfc", "Ed448", "ed448",
     "eyJhbGciOiJFZDQ0OCIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.dqHTZ9roVmAq-f5uOnGOTNCQ0Nw"
     "NcIYPfL4gqjkMNABhADJwlBgQFBix2kIerAf9utvADNYf8jUAsksCOZx7WkqPdB6EYaTApvF-coVEAueBNOjEDjttkn7_rVQCMXL"
     "e8bLFT33kxHfpoaVBGjPKWA4A"},
    {"PyJWT", "HS256", "h256",
     "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.psqYST-q3oZVo3_atUVslAFmEJo"
     "76x4n0QQgSnh4rpo"},
    {"PyJWT", "HS384", "h384",
     "eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.4btWWwdCL1G9C4ooZmw6t00PFGI"
     "C8pcjMvFlyvZoRttE34Hd1t7UKYP4sUVHbpN2"},
    {"PyJWT", "HS512", "h512",
     "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.QbfY5bxACDlf8QPAFmPXEHE6Ia3"
     "E42txdbKyv_3YSRrrRLn9uKEzZMBgNBHSOhc2PMyX5ic3pC9xixapvsKN-g"},
    {"PyJWT", "RS256", "rsa",
     "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.eTMVkbsqyDtU1k2dhv5uUOx6ZYx"
     "5EgJ7mRtiUoeJl2keP1PEl5-bzaXvT2uBzMZHhJhutN4dkqpE9xaW7aYg4ZXH63vhrlnCAUxclOwO0DoApPr8x8vtelX0JGgnA99"
     "_6-EFusC1A9n1qVuZGaYCk3K8yPF_Dri96Lya9NxH15otOhZ8a__TbxOfWCdNmqCbls2CT5BJ0wisD3DfmdaNMlcgCbSm7K4Sfbb"
     "m6No73-xp7CwuBJPhNr8riMud-edDCE4Mqc8LLk9Wah-8DX6EGdQ6dqE3A2n7zgHIfSmC06eCOksR6_Zxorsxyo3kWrFJ3uW9ZSv"
     "fi75lgzg3TunURA"},
    {"PyJWT", "RS384", "rsa",
     "eyJhbGciOiJSUzM4NCIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.L7hmsuZblp4oJT1EjK3C9HgQTYl"
     "4YBREC-v4l2xakXNTMsGkf8YR-PLDDa2e1FQEgVrjmhPabeuJpYbHaF54ZUphoYDs8tKTQFn9SH26lILKgp3UqInm353ONkkDguk"
     "xb5EsBkQGkWVVgtWDeejnnfQhTycY-_ugcVwKppkIJ_ge-VtlYiF6V59zHnz5zYoBVU0yvwm537lMIxclF630oASpyxNzpLTnenv"
     "TbYi13gbZTNqrObFWsV7GQr1Ah95CEFoExysxtvWIro79Xhmx1uAUkQVLD1fCeEO80XO2QtN7cMRdLrsUKcs-u79BSKbP0Y_dsj6"
     "Wch38oGRT7KUT8Q"},
    {"PyJWT", "RS512", "rsa",
     "eyJhbGciOiJSUzUxMiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.ZhBBE9z5dyX0Ene6EiE4Iyo4Hv5"
     "CbpzrMhEGCIVHAvMXTH8ssxNZZQL1V7kWdC_ekKnGoPGedhTvCyRwaF7tYo4hf1WRm6j5H3Fx_U-b5Tr7YgxepcDyeUDGOATEvCA"
     "8QoGx7bzOW1Oaz0l6Gh96kS0EGnf5o6rgGQorw7IJqQbwdRdAJeavd7aAmZ3h7lvJYQMIrVMHdJbWGUpPgT-XU5xNKul08A5k_oy"
     "9T-pLdiZzzOmjCRitbbfPEZHBiKZaSPJL1qiAyC1AJ-GzRdsbySj_WMEGAiqHqXtOi1WZJMV0zCrZrk-hwh3CmV177jSLSzYkruH"
     "VGj8kwpYygwPwsg"},
    {"PyJWT", "PS256", "rsa",
     "eyJhbGciOiJQUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.esqLERegRrcwnAj9IADE8RNPcqs"
     "LHp7JPb_a5SqIwqUoNyJfkZB2dV82gov6f5tUcyGQbv8aB0HQIXixveOaUp6sQII7bLsmjDCOVnZwPXbDWXtycvhJutWGJ8u1Kma"
     "uKr5xseReSiIegBH6OD1LlnNa61V777FNGwKM72_4s42ZhThe-SVD5jFrG25qNPxEr9aVUXCQe6pT9_C-MSJo-CKJcQVSuhRJHdr"
     "N2Mxe1hrwRVJ8iJgZ66PoS43dkbGAJ4SG6h7UanEh6satZIvRIxIGCDfgxqiCVIYZXLqYjXAM3Wypp8542I3p6U_rMcBW7XBrTAA"
     "aqoLryIS3kPUKvQ"},
    {"PyJWT", "PS384", "rsa",
     "eyJhbGciOiJQUzM4NCIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.Gs-N4EizYB5UySFuszTc7Azy3xD"
     "iDY03i5bs6-l_7ZyHII1CenHTa9Fp-VDFPZnMa1DukUhgVnb_x33B1LNTd78Hdk0OkqgVDaKBPvm6SyG-6CjAONAVzVNWOlq3sLt"
     "xO0w9YRXOICeKo6D_QQRMIwUj5mXk56t4l91BcupkQhasklVKYAM39jvLKU0vDTynUCPDRZlzOjWKWVNtkj1MapD_eJWbuoZ_WiQ"
     "TjlPVkT2ja4oIwIfV_dzj9S-tic2GGfwhibN9TJlw7DW77juV_D58o2tlIFpY8IKCoysRv3TOZ-nk5pUP_-jG-zvDz5Xhh1SfeKI"
     "bqn5p4AgfqYCIWw"},
    {"PyJWT", "PS512", "rsa",
     "eyJhbGciOiJQUzUxMiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.PSR__X0XXWTesFKP27pXBQP_Fbj"
     "_xL5QvWDOYeymR5jI0dHaWT0T-7o-UCRGugiUWcmhBS4VQfKF6r5cuRxt55XQLraS20rxwe6SN8WfljY1PWllFcYC4h_0Mypz3nB"
     "222G8EIswCizORHDf43rVbK8K7OCoBDTxBDHfPHPQIt_VY-pkHXGPIhOxSE4reyqKLvc_BWQmxfbgHMlTgs6P6aQ4VkupwOBj2AW"
     "3ZuuLiCfeIaP-qC4cpYf61zTnhndPy_FHWbQ-_9I_4xIWhzk3qv9QuGAnNtuo_LcHeNT7swugCSamnVu7HTAL8kXIcIwWC0x-QVh"
     "lt30QU29qOv1eDw"},
    {"PyJWT", "ES256", "p256",
     "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.w3_BRsObQ7U_Acz72zal9wPa8j6"
     "rsOCgV0bk06pvbWlGTgfBBDQpIWklhaYFd6MjUz04_vAFsf7F6sbGY3upRQ"},
    {"PyJWT", "ES384", "p384",
     "eyJhbGciOiJFUzM4NCIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.FqjIOJbeKr0J0KvYiSwrcNluSlZ"
     "91LPLfQObhfcTsUefvqwpMp_ilwz68eEtCRG6VSu6La-_adK_II-INGOk9oDJvq56Agb4c2t7hCfP3tS1W7WaWfh1uxK_rKFKM3U"
     "-"},
    {"PyJWT", "ES512", "p521",
     "eyJhbGciOiJFUzUxMiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.ARrvr0dJCGo-8SptiO1RsIwITLH"
     "XGDmfE5JMXdT5ff1qjtspFo8LsFKkgLAr37E8gb5xuGAjoM0NBgmTafkilPlsARjvyJZ3JWga6BtMTlZo5yVAbFZkOYP2in5Epz1"
     "BxwQY6nw8F3RfvfbZ66NamfL_uT8g-P5h0Iqz5MSH1RqEZTIi"},
    {"PyJWT", "EdDSA", "ed25519",
     "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoidXNlci0xIiw"
     "iYXVkIjpbImFwaSIsIndlYiJdLCJleHAiOjQxMDI0NDQ4MDAsImlhdCI6MTcwMDAwMDAwMH0.YqSBpC6vZZfpuSLYAEt6xG2xFiO"
     "QJjjfgMKwV7Sj5D8bxe2hl6o0qsq9nanMmWxvflHDOSudyxKQFN5KNlsoAA"},
};

inline constexpr Token encrypted_tokens[] = {
    {"joserfc", "dir", "o16",
     "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..ivm9kdafPi3kNDMf.Q8qfVWwYJpNkI87tHc3Cpu3li3gWwAPHM1MDLJUher"
     "BkwpfZ4rGdWT2e6rl2XD2loyNGpQKjg7ghI3EhktoFxc6p52l1GQxdLoeGjStpbdo47TLsCKoxV5ZLLhe2wvJ5pq910pk.jw_DKB"
     "fTIk4XYvnm9siBzA"},
    {"joserfc", "dir", "o24",
     "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTkyR0NNIn0..xv9IjYDOBOHY8OAL.8hWObRA-LpjjN5vS2Reap9gSn4RxT_EZBRH87KPGjJ"
     "xUGvSfQjVBjLLl7eP_oJ2E6XtJrh-x1331w7gx-GgbxGXjsoZubMTHLR3qcy1IvX_OZphdwPPDzpsJfUA3iz2RfUwxRk0.hg0oS2"
     "X1ahqqPSRWb0NS2Q"},
    {"joserfc", "dir", "o32",
     "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..RpbLkH8lnJNrF4n8.ezMEw3N7KrEjvAJgGI-AOnNmuDNIgBX3LBPUR0ohrC"
     "c0z1jPklolrVgPlWZVT8FuxfDgbkn_6KPSgio-AKJbqkjnxFf1LJH_7V7jHxPPrii2km_MkJpxDVSdKNJgnLQ_NK3W2oc.LrEx0K"
     "WdxdzkA80kL08vbw"},
    {"joserfc", "dir", "o32",
     "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0..rCnf5cfr6sbiPAAXhKRziw.GKeNQrLM5wH4pTa-GNWorQVW2Mnd"
     "IZ4b5g0orwFvJmd8vLOFqLuJpCEgJ_S82KJdXwGfI4LBFsEDSTcvNi7LB9pKie561iO2ugMgxERXseYFvBuxZtJitmkhjn3Fotbp"
     "EMoZUl-jB70LLMloNdD69w.zg450qpLLSzxOni7eDPlpA"},
    {"joserfc", "dir", "o48",
     "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTkyQ0JDLUhTMzg0In0..jRm17tfrBn78aFEvWRTrWA.6gsT4KGxxv_m3-0NVPmRl_GGluvY"
     "ETGn4jac7P_lAvUIistqu5pKwt7hOxj6hN29lD9oYoNPtKw2XWzNO_e4Usgma8R8EohtYrgL_3i16SX9PAkSuEBQZFxQUTOqg2Ge"
     "w72p-cmt-VV-SvFlfXqfYw.g_e9FSxLRR0LYUq-4k3JPXd4yNlJ9rMS"},
    {"joserfc", "dir", "o64",
     "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0..VqCeyJvos5prWxRDBYd2GA.qSFVy9qLjw0FUKeWgX1XB1zLZi21"
     "lOOygeytIm8HNbVsFiDj_6TeMXh-L4WiZwgEQF2f5f7MN6-MGd7B2fpfmTkOc0L5mhGHc_EiBMl5BuX89ySq-Q2xRLDOrV0hd9aG"
     "cTCvBEBaOG-7d2hwlcS8mg.868pce8o3F0_DlrKty1JocYR_Lr2zbqrS2UnqbQEzJE"},
    {"joserfc", "A128KW", "o16",
     "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4R0NNIn0.IuaredTah6On5AfIYLk7Yh3V4R3Qn6ne.G-LE53qFTvrgbwS1.WI2Fa9"
     "irorX9g9ziuURk_r3HygG-pWQorDEQDMJHR4XL1hkW_7aJE8ZW2tbFPQKWVqyNbzUBVXGisJRkgIf5AQQ_xoBDzf6hH1A8Bj_dR5"
     "mm0r9-LCZAiPN4NZFZ3wVwRCAuGfE.iWOHrbPl5mwMfSwvtg963Q"},
    {"joserfc", "A128KW", "o16",
     "eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0.joC4LUkVVR1cVSz0ofuXXwCcsxPHBPFmARXjcgikbLrnph6T"
     "CYVTzeOpyUfHGQp3lEwWfAPOD4IeEoFRSZ4uy4iDBvjlNlCi.YXuvOOnGioevskHoxIxe2Q.iFD64D40zIJfbqftKko1mYaP2Zea"
     "yhuqheKHM1A7AYlESx0_cS9_iEcJBPkH_p_99rak7S2JazhqncaSRFc9n54VbzqL47TWFiWqEisYz85DuIDjU8Fr89rBlRSYskgM"
     "uaWK9zN31WBIuZAYb33tHg.6yzd0bY79xBrsuNnqEpMzlVTio3dEHQWI_LXzjqseb8"},
    {"joserfc", "A192KW", "o24",
     "eyJhbGciOiJBMTkyS1ciLCJlbmMiOiJBMTI4R0NNIn0.xHsJMBUA_Lc-upFXxgY6RoLiRomGJLQu.JsSgwfTakIqrVnkM.UmQMS_"
     "dPeSyU9pFEVOnrxwPGx4khSg-EWZts3Geq5flwa0UvUpGjQE1EhalDHlpyegPLzTUutYWyZRgJ43TAgoRMq7SOgpHmuOrqJ3MINE"
     "oH5EFo2qpae20s7D3Dv3qRZO6_mos.BSJHNn4mjZJaVMh5uN3PRg"},
    {"joserfc", "A192KW", "o24",
     "eyJhbGciOiJBMTkyS1ciLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0.7QZsrLPwVOw-ZELiOo6y-Zf-PY43I4FQVUqxjUihRnvNesk-"
     "PwNxhUFMDxjSBALXN9pXya0e3dysPVqRpSBlIF07bcxSHya5.A6wKFhoQz3POAyfonDk6wA.-Cj3KOcOlMkT7AnLXnT8pMllhrXp"
     "B3aVAmNPmC3yQB9GVt26bV8WyC3bJXdVasQ0tJdnECIIgNL5ERh1zjJiLWxxemJ6K3TVhOkVB13rPEnz1KAAC5ArLJbmaU-JRbRk"
     "S43iiMvrcHxgX2yzgUey8A.tdctORrP7wCydUvovZVy_GaUQf5zH73D0S-mZTdfCp0"},
    {"joserfc", "A256KW", "o32",
     "eyJhbGciOiJBMjU2S1ciLCJlbmMiOiJBMTI4R0NNIn0.CXkqrq_Teu6S5jyWfCt8NChZZ5y_vPZH.-ymYDQZ2K3tXG15A.3hEWKw"
     "73th4OK78ApGGNDKJbBHqxJuubdK6A9kmWYxcIKgqY2FolHwBbf0SQJ0TvJ4Idv0xVLD_KIVw6A3SiTt5pG__EXzlP2xq6O7UgZt"
     "d9PlZNzzy9WFDVtJ4jTfQFoO9-nkU.v8J1o0VC7RQ0gmm6iXaWDw"},
    {"joserfc", "A256KW", "o32",
     "eyJhbGciOiJBMjU2S1ciLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0.CbmQI0QTYiPqxhR2rMIgeBIZ-EiLKyaQ_0y6RPbagODiNXNi"
     "y3ee76Mz2Iw0Ow2pXegbcBtSH2geBS37ja0xIjv57cP4b308.d_yYkAqryqyhPAewMvjlNw.FP2M--RaGE7mLs4zsDShd3z0UTD3"
     "aKjdwF80M3U7HqCqsAwa-wwhS5L6GTZ1It2HrSe_h3T4tmCaIDotzevPRisd-qGw-CIcTOCHXhtA8urGS_-534D6IrAnVAIJ1nhj"
     "rNoru2r9HnBAfMJMItZOqA.P3keTOIQuQex6DsoHik4eUPuC0DFscOgiXl8-izm6S4"},
    {"joserfc", "RSA-OAEP", "rsa",
     "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkExMjhHQ00ifQ.o4dENPCSjB99DSvuVgZPeufj6N1rzAQ_1_4Q6mV5ArN4Ji9BrsGs8"
     "LLt7arJah5n8vdbE5gQ8REuwtzwURiR-V1hOVIsKM96LQjoddoDnq7ElnVvgc0WO-ifNdkEyDA8CS5TNqE9VdO1b_3HZ45DGTsnI"
     "SwQYTqYJ36b1qbd5BzC0l7DxsIhRtXlAFM2K0HaHsgrhqTYXWfkomvojLeBDYx0dOoK3yJ0rz-FXocr_uyF2zpjPhnh04lGMYE2w"
     "0wd2aykng_ctw3k_WmGVsES8r-agnJ_yKE6aMxPDv3Bwd_1Rk5cF_HahSd-6ZkzGBgNKT3a_uEweYHLEO2x_oIsSw.lIhZ0wfKM8"
     "s0fWOR.WnlaGRjSkkw6ER5d-71Iihu8WOKNz29td3NJZ7QcLWLi1qVO_F5hX-UaSriA1q4ePisRsP1fwMu7HQbtDicwh2z-sMNCH"
     "IF7Pl1O4OXjHxbBkf_CKtOZKmc0yCvlwqSibSGQYso.BvuyuEAM_t5WqGmJOD17dQ"},
    {"joserfc", "RSA-OAEP", "rsa",
     "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZDQkMtSFM1MTIifQ.aQGVRqv1PrNw2_1CLyGwaaqKiYwSdvwXplLIjakjHN9_I"
     "hJsRZ3JkOARORVRniYG6JG3I_in3dA4iDHpYL4NkN0AH87DdBMbrbSx2UwXq-k2jMLlaZ8k7pWPDmYS9PdOMfBACgd8qTE_T4nhH"
     "KsrZDXLhAWgzu_vPQrMB16TI6fawVj46K9OhPKvJY2xfEMduMlj6Ps5rTz2IOYmXoU6k1yuRH1MEVGxPIYPaqsvnMeTwxSaQCfei"
     "6WD4jde_LUe4I2DDnnYv0YF7u8DAiV_AwWNtrKfsUQJOPuDf_xdTak59-oXS4FvBiIIOADhBZvObfe7c0H824uM92d34UHR6Q.b3"
     "1MPRuNJuhyEiSwRpPVig.xPEzN0_pqiGIYbP4wcgYPuFlNsW3V-h62E-EQuOVim_4hAnReGP9bVXBmhobHYPyOJNc0O6FFr8Lrda"
     "Uv2qWIjJYLQL7zmD_H9gSOVRvrc1TMzv9hV6A6j3u6cmJtxZUAPE8EbKT_zyCZ2ballbOBw._w_9CVbBOiKOa8HIFa-hE_qsl63i"
     "I8zK3vnsgqic_oo"},
    {"joserfc", "RSA-OAEP-256", "rsa",
     "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMTI4R0NNIn0.A3WZ06WVsj3E7I4gNBNiBnphDaStpVVPjstBDln4khy39LIp"
     "RT5YF_TZLnvWWMtWrJydeS-Yep9vpwzqg5qNOwju-h87WJWNMeel_H0zvBXLeMYVpxY3j5HMJUpETnPPf0VF8u0-9LVoIpJR1LeQ"
     "I2vs4awBki7f7S-VA1e_6BLBfTQnlX2bE_33cep7iqg4fGE-pNmdoZoh2XXtz_yIXhkE9rfo2w5dz34e5jfnY3S7PIuH1y1Xs4xR"
     "OxwM-qK1sKweZsbwfc1G4VN6a9YzMhj8u3VULmyrG0kHSTxi-MX0KEUpcnSGNVt8YQFl_GIC9S4sN4IIhRXpCfTyDBHTZQ.M1epq"
     "Wkg2wFNFed1.v7lDbYWWzuVjymtqqJeiOKTw_tfHTVtc6l4C4IhbxgaukB9KzCrjlbe0MkkSTySjDq269O2szj4qcQXeMYNrvJYK"
     "rY3dbIl5gz5WQftEDvkjT_7MbRCug4-dJWY3yd9QXU44yW4.z7p1gViEFhGu5OR82yIPng"},
    {"joserfc", "RSA-OAEP-256", "rsa",
     "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0.TByCjlkrVt8nwUmWtWzZdc8HZSMeDB03dxTCDpzm"
     "g2B2u7wWqFXFR5R8Hp04ciLvZDxhqLT_juFxhG-oR8ZTbiLpyvzre8mbDs_gMWMDb16H-jI3tDvw-kPbwepaVLUpuclQYIWhI7td"
     "FqtsOWsIWOmoi9vZrGsghSWMV-FZ88zVrJHAKJxam88DimGOvGpfE57UIDYEzKT4AeMjv1yM2JCoah0eqmuipLFva8LStVX5f0n0"
     "LUTAma43HKJ5BRVQvNqdmC_qMfex1kzK2Zoa2635TgaKLSLljrJeBflKFtcIhPYGSrD62KUtCBWJGw_3CoWuhnemT386QpBXZgyr"
     "iw.OYPcjmV8g2nvxJvNFM3gBg.m6thVHo9d3134BMqZ3jUyv8HtIFn-drebyVZyfKnXch767gPD_9mvyOf2xAE93Uu59fxwWihnu"
     "vAiGxjAg9iMwfjGwighoV0RPiIfGSrVtPFCPEUw9S9Lq00kuT6juBwZOf78ZIXkovi_U1Z6XwEHQ.IFvBH24lbfeWAN1v3eTU-Qv"
     "JgTvBv6y49SkcLbtkkts"},
    {"joserfc", "RSA-OAEP-256", "rsa",
     "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMTI4R0NNIn0.fQ0zLLx3lY1E4SVQoO1-_Wlcvg3m-2X8bFkoFH25GcxPxO-W"
     "amD0GEaEJB_lZpCUV__RydnvT7zPtx15F_OqyaGbD75EpK9RcGqVnlC692sxGeZK45z_e5l_9bU3sMlRXMIE_YCCtTUqdN-LIhVJ"
     "cyUPpfkDpxAqCpWi0aHWMKKn7zx_c3YWyYnaB3o4cvbJvW6E1dBV2iIimI-_AHoki3Co4iNBlKl893ByuVRxGkbSGdyG4li2rNqs"
     "G0njBj4hF4uvV6wwjm3Czyv7iO_42g0IBS1deTlmT_Sa15eci6D0Mwb7JCJsj9gr4zmZqoet_I_rrExs3Ry-r9fyHPgg9A.K20Kc"
     "lxrrPbXU6WH.Ij2FaGNMOHRW9TGWQ4DfMFaJGS5raTTyRVSHtWl1cOy6wHxNFwU-eq5oHImJpZC5R-Hrp-lj_l2YRZ1v-d_ze9Du"
     "rEWZz7lr-Y_UIh1M_BmaJ2u0yjLnMQhppPQdiPTbXtflhAw.q0-PgY0Q6_QwSxpZhEcRzQ"},
    {"joserfc", "RSA-OAEP-256", "rsa",
     "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMTkyR0NNIn0.Sx7bcFcEtIDJZeXhgqxC0GJX2c9nK2aw-nhu0vsN1qBDXUp9"
     "5JepWHmaJBMZRpVz1cgSrnUzKZfzu8nqWQA4WijpMemqkgKFXHdDS-EcLd1t0kWJwpAxMniUT-J_gpEPSkbIK5Q-r7CMG0gpsnWS"
     "OY2OUFfvYo4ivvaxgceMvT5TKG8A0UrUQM5H3okh06GjL8deEl6TZwmNx4IHGzA1qtX7MorOmGRtYISuabrQ38XgG5nPX5Ds1SdN"
     "GTUBCVqtzws1c-AbJwKTUUPZqWiHYHGonVy2qAMipA97NccKgMk3-39PiG6Kk2aEfyNOq31mFyxN9JxR4bwgXdI6UCuLHA.gVJp0"
     "DXk9ItYvsm2.-w73LHBFu7IfEGTeXUXZFqp4XLCLbTOknIpSll8CGqI33nf0LxAFtTLuOKtMlTsH2qoNjNKR3lHzil9-3FqB4n9F"
     "tCzv_VkcYRTz9idfh7Wzk9ZpT6djwBeJXk7vB8Wl0fqBDbM.Pxh4FhOXoGyP9kznObj1Cg"},
    {"joserfc", "RSA-OAEP-256", "rsa",
     "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2R0NNIn0.jEeHWG_O6biAQL_erFkkmHr81U--fcatrERYWtpaIw1pub6w"
     "AndzY4CQId5ZnwmgNX0cr0Z-01oVb1EFGzsTUq-iiA-Q5Rf3-rblNVNmOlhtP6n7_hjtiYNuZeqobks9dq-TVvIdDR13qsHw9eNq"
     "Qkn7LYIRaQOIfruy-UEDFk1OUPitn-jSd8OCtXsPrl2lKGKTmR4Da6rIhCJqZ7tI29WKxuKs6m77Fo-CAfcHrh0wN0hXkSWQV_7W"
     "ni31kgwvt4Nx_QLpZwSFJ8kgroq0jENTzEuQquHQo9HoPuJV4F6l1Fiz1im0APxF4EDcCjYrGZEek6umSUecEDSVFYGh5A.ryscc"
     "zC5AFNl6Cfv.bqf3YtM8XgwXgoAUGl0FadYNPo8X_Q_SBD5dSmCzYH9gD6dJaKn1KCEkFNw3K-_m9TC1qT2DYhnk49UE7p3XHpoa"
     "IfJs0PAVLxfH3qoZ2OgPB487VkR8E7e96ndSkvS8mN82K0E.CrAVTSBb6lHOpV1UOoSEfA"},
    {"joserfc", "RSA-OAEP-256", "rsa",
     "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.jsciOPidqm0a4DfoF8TdOpeLf3V4QMMA8gV7giMs"
     "y4mcslhp2cx4-3aK6vr2r_0xqU58Eau2XfD_rE3DK0nMNBt6r7Y2vFFWWCmoNEFEkgh_JD9XFhqoZZusmkBpwMOwr3onZAEvzhQi"
     "74cadnNatpTElKhaekXrX4Wy56j-og-PZ94CfhtP-jnRMAWEp6qdXZtaCo4a5IWR8827TIzv_7kW_MsEq1zNtSI2ICDqBOW1iCD6"
     "dpZcYWBb5CgcieE3iiG3lbJ1hjHi8AIGw8kJ0XyqcgKQBIiDCu4hMd2I834IjxkobclXlBAuM3meSlNq31BVdSAuRWAfwNv1UoX-"
     "eg.krZUAYtwlwC4cKnIql3rkQ._n4rc98mgbhdh_PLgtPTZjn_BdH0Wu4Rcdj97y7e8OwRsARcjHchwAMCutdU3hHq3MLbirbCGD"
     "lhDwPwBTL2Olh3oseCWL1m7KLuS-JC6unNv4vV7ewIoQnIVPXOTX5wu-bpjts9-PHshA0Fhfli4w.V5MIDxOWoaoRP-mK3pXptg"},
    {"joserfc", "RSA-OAEP-256", "rsa",
     "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMTkyQ0JDLUhTMzg0In0.QSs5dwkbHmKI_elVDvJLTR1BzidEBa-TjDAadrxf"
     "7iEK1WyugQIgmZCIUJQQ6GeIs2j0Zjdt8eE8E-wPS4iLQVIm_Al6Su3KYEJ4EWXiW0vqf3e2Kz2Y40o__7P8P3EVsIEWKQAnQdEV"
     "ManwLEAcB1Ard4hHsNJaRlzzA6oVLG_3PeLTJM8tU2322NsuKDCEu6s8itUCJclaJKr3O4kNYern2PrES9shQA9wAyNv7oLnSOPR"
     "A-MlY2mKe-WHI7REc2eTMbBDPpZcRuDX3mhp9GjQm0P50IuH6ejH4R4QuP7UT0N0ld71_g7QcFMPyjh7wOOblufwgrlal3WYB6ja"
     "EQ.-xGLfOPr_VI5uLkia2m5JQ.5af-5bAHwLIHa0IUczGwG_2SMagMq-ZBGev9D1mRAFYavZxGrBbAwFg-_l85NoAak5fPpr_f1z"
     "FqS-B-ap1cLsSGRQXjqewP82Yp8Km5cZ8yC6I5r9ld5rs4V9de8Zw2wxX7q5JqjV1yPl8-icflrg.HeO4P9WLB-XrZaOa8zzt9vq"
     "540_5R14J"},
    {"joserfc", "RSA-OAEP-256", "rsa",
     "eyJhbGciOiJSU0EtT0FFUC0yNTYiLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0.DlIfkttIEXU0s9_aeWvQRZ1nPr-e0R9xkdpERIqL"
     "z_jZuqcrA8Gk73-XYVMFPtD_AWSxjrXij19Mp780pm7OdjUXAtSOfpAPwEjyzU2VyE1OJ-19mw0rZattkx64uRoIJvSlHiUg350a"
     "wdz2MMk2zWE_FKa5SaTqcQozZBg6mW2IXGTt7ypOIgwWXl-BHsyH_B7gJa5u7NT51oAHH6WCaofkwDqbDq6W4unxCUda462CtyB6"
     "m4WngTgIO7iids-P_NBSJdnh_Cm-W_i_fllKB1S5-i5WCXlRW_XaGeKLCDQQ0Mf4sEmkRTMyx7M5Qe7_6nMkXRWlCk_gnjFlsLem"
     "kQ.XDCRdIvRBUrcQZQ8Em21oQ.gPSycMqP7VBuhl1inlKcrPTjvrFuTiXumyfw5EF0pKkp_CNa5g-7m4KwF843bjQLb0F0Z6_8Em"
     "5rhXQyN7f693sgCh1EX8Kd6h8xknclMsCUsQFUj4rxP4uDe3TUk5ApVftEc6G_cl5nsXPTzlLecA.ecS_rNfAybpyNXbvWG9tIAQ"
     "gLPI-_2efPPY5DE4BHuo"},
    {"joserfc", "ECDH-ES", "p256",
     "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJjcnYiOiJQLTI1NiIsIngiOiJrVERpVjJ4M1QwRDNVQ0Rx"
     "SkV3RFlURHlJd1ZTYTFYR2ZkUnUxeWMwMmVJIiwieSI6IktqRUJycVJhY29IQWZsYXhGbU9lWWxHMFpidzRxUHRUR3dEZV9tY2ds"
     "Y0UiLCJrdHkiOiJFQyJ9fQ..LFnay63dy0DDwdIe.dUIdjZZFj7n_-rBPPVS6i4dn8ZF4P2Yv9J1trNY3WJg5bl1VbLRmnouabn1"
     "_E6xid4KO_JTLKDfppBYuuwaqFUCCf9iaBrZmgjbIjO0yqdT5I5rgvqMOvXrNRSowOvCgmEp8zhg.QJ4qrJUoXTOqXwyEq8gLLQ"},
    {"joserfc", "ECDH-ES", "p384",
     "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJjcnYiOiJQLTM4NCIsIngiOiJwR08yUHRxSmpHRXViNHJy"
     "YlJxZTd4N184X2RNVUkyZWxkcFFJSXpFelpMbnpIT2JNSWw1TDRrZG1UN2R3WWZQIiwieSI6IkVUVUNadUdRZDlfNkY3dXNGLUVw"
     "dW41enVoWUhXcEhZZGxjeE83cmpHU3N0T0hSbjRieTl0bnAxLU5QaEhXLVEiLCJrdHkiOiJFQyJ9fQ..idDaq-r_mIShvuhC.Fjt"
     "aeyddNtR5pzivcxvkiSRPMuOS-cU8MJEM18332j600iBDMpZW_BDWTLt6gBROSbyocOJBrYM4lOrRKjv5AsYu0DpJ0bpiFOPcRUQ"
     "E_2ZgAmq2lp5ylI3mfeOs6XjDjctHZzc.c_bTpOqeWvSgrwnpUj2eow"},
    {"joserfc", "ECDH-ES", "p521",
     "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJjcnYiOiJQLTUyMSIsIngiOiJBUU9qY1R4a2hYeGxNNHRG"
     "S2VGWFZ2eHd0UzZXcUhMUzFXMDMxUVFrZjVlNC1EX0tab0pUZVJLMVE2WG1IMl8yeUJoMWEyaXlPNnBqUVFUcm9aU0Z1NnRiIiwi"
     "eSI6IkFkRC1Sb2ZjMmtERjNWNl9JazhyUnEzeDlzNjNRY1g3eXc1dWd0Zml4QV9VUUxNdkd1U09HeU5Nb3Rfdkx4T3dWajhHQ2Mz"
     "cmVqZGJMbTNZaE9vTnV5OUQiLCJrdHkiOiJFQyJ9fQ..cFgUpPKaZdBDD-FU.QXLnYGXyuxnkitIkyHLhrXc54RXiBM3dU_peUA6"
     "68CA1G5Eh3_5r8L1Rk5UN5khcHyasMmkPIoenW24kc5y6gZ9iHWenZcf_RWoJzBy04UiwzTSqK2fYmsrVJaqnxPNkiNvBZ3k.xmx"
     "iXApMwh2oRb54BT0-ng"},
    {"joserfc", "ECDH-ES", "x25519",
     "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJjcnYiOiJYMjU1MTkiLCJ4IjoiWjFyODdZT2FTOExSOWxi"
     "WlV1ci0zY3hhLUtBcl90VFFuVHRKR3ZtdklWOCIsImt0eSI6Ik9LUCJ9fQ..1QO9GsAEO83pZcOs.g_m_cw4CBI7ErgltIcnn5YJ"
     "zfv1LFX8RmqIOIfIgpHpm8DWLStuZ9Vm-fysnwjXk6lQE_j9JDnEdm7_3SdqVc9Oy56hSzXpt08IAr0M3HjenDXCYHNpimm6XGgd"
     "xMkgTBruI_Uc.X5pkrYUE1nIM8xANBO-b4A"},
    {"joserfc", "ECDH-ES", "x448",
     "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJjcnYiOiJYNDQ4IiwieCI6IlZId01BdlcteHBwWF9fWGEz"
     "LWRPMGp6OGRoc052aE0wRWRwbTdPVXhrb2Q5M3BWc0hqbDFCN3dFV1E0NzZscFRWUGZ4RFFrNlVYQSIsImt0eSI6Ik9LUCJ9fQ.."
     "5fC7nAqkVOer7mUq.73Wp7uw8Lp4SXdihnsYhwF3zWHBneFBP_N8Yn35F92RgpJ5UNCOIIw0r-U643L9BwACF_UGnezqFgrzYp9Z"
     "GOhWkWNyYI1KgCTEiecf_dj8gFxpl-LzKFiwTGfbVgHvTshydPZ8.V2mewXKGilgwlAkEyMlXGQ"},
    {"joserfc", "ECDH-ES+A128KW", "p256",
     "eyJhbGciOiJFQ0RILUVTK0ExMjhLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC0yNTYiLCJ4IjoiUXFHSkw4SUhY"
     "bDZJQjl3a0otQnNFcl9GbTUyb2dBN1ljTXBpNXlUaUNBayIsInkiOiJIM3ZRWl9jYkJEYTJhVGlCOUdmVFVFQ3NLM2ljY0RyMGlk"
     "Z1Z1RGd6eDFvIiwia3R5IjoiRUMifX0._hRJE0xY6BKIjUw0d9pg1AmKfcYHtE7z6Z681O0vvsaQWkJysiarGw.tloJz6Dqv64Cd"
     "TrJ.8sOeYz0yrt4e09rw7L6kDWqcrT5HQCqquuEsya0-v9qi7REPR4nTr8ThM81SKjHj0nJtOKOXojO8ssdZo-BH6AbsGDgCZyU7"
     "65-mZ5OJxmoVzxnWheKiZvQ_QafC3m6lrmLqaoc.DdgZ8IaXC1_69ePN_c6UQw"},
    {"joserfc", "ECDH-ES+A128KW", "p384",
     "eyJhbGciOiJFQ0RILUVTK0ExMjhLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC0zODQiLCJ4IjoiX21kd1BKb0lU"
     "WnBERzUtMXdudDRtR3NWV2t5c0VidTBpSlJhLXhIVzJiZkQ4dFpnYVpsV1JPeE5lM0h5NUR5TSIsInkiOiJpVUtUZUNNeGQ4OEZv"
     "Z3otdzloQ2IzbDVfbV9zeU5NUm1PbGtiVTNBV1JEY1dLc3pCY3lIbGc5Ul9wQUphakdPIiwia3R5IjoiRUMifX0.YMSHNyP5LbvR"
     "B6UFq7yP5wnCqE2TdXhZc9Cos3kED4Q6_kSCjhmBHA._sWTcv3e5fOF9YDw.AReej2kG5DAZC_5XsTDjjvHUtoujbFX-BrbJkq5e"
     "C2ioxh2g5wxgCz9H_G-9UIjo2iOmZk_giGAesAeCtPDJdG5oyzXVJsfk7s6lDlW7336-VWNLj1Yr1_8_DXy1Fkb-UqyiF5Y.f6Qi"
     "hpsxbmCIihIoce20eA"},
    {"joserfc", "ECDH-ES+A128KW", "p521",
     "eyJhbGciOiJFQ0RILUVTK0ExMjhLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC01MjEiLCJ4IjoiQVpBdmxfNGdZ"
     "N1ktZlVaVTQyRTNQVDBCSm1wc1pMcEdHRUFBSWphNHZGVU8tNG9lbEYzNEVCYXJHVWhHTVFqalFPS2NxdzlJMXcwMG5hSzlMVnQx"
     "ZE53ZSIsInkiOiJBWkdUaFc1eVJldjZhTUlWYzM1VzhGMXBSbzgzWk1vNUpYbFdkMHUzX2xWcmM5cDZfTmpIWkRteGlCcXE5N0k4"
     "dkVKeWNkX2hGaENQZnBVSk9wZEoyWFlWIiwia3R5IjoiRUMifX0.fxj_hPOTpNoRhlO-PgOQq3PTex4Oo7wkNC7e8V1Bum_VMfNw"
     "_BGV1Q.Ju33X2kkUaLZzeG-.qTOyi5YM3URILmC9exmm_yORJ70JCvu-gPoYoWFaAG9dEWM6GjMlmdRty6dnv0J-Yr9M2NaNWZhH"
     "8pIUONfstyUivW5w8t-2wsAJ94plXmACgNEd8_-n2wpELuOw60a23URruTI.B2yBADbK7hSC6UGy-mz9aw"},
    {"joserfc", "ECDH-ES+A128KW", "x25519",
     "eyJhbGciOiJFQ0RILUVTK0ExMjhLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiWDI1NTE5IiwieCI6IjdJLV9neFRa"
     "aW4ybzRUY3JuTVY0VGxtYzMxWWYyQjVsZkh2MHZPMlJpeE0iLCJrdHkiOiJPS1AifX0.Yt802rt-7Kzxu9uEoo7VMVA63TllB0BY"
     "L8AwgOuz2rN0x7fXAZhARA.tBRgVI-wMe5aWzSQ.A_gc1dKhSe-AN5Ch_R1rN97GrKgkilBMgYEIGzAnETlCFXJMR26KCUzdImRJ"
     "tsWcoS_puUbTSmiONXbxBYaC1Yg1uc8uPJ59cj1ViBvGen-Q91_dTQtu9-ZTXTo6C64cxet9wyw.3uaXSm8RgPCNhb4wpj8k2w"},
    {"joserfc", "ECDH-ES+A128KW", "x448",
     "eyJhbGciOiJFQ0RILUVTK0ExMjhLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiWDQ0OCIsIngiOiJqOHVSY1pLWkVE"
     "WGRkTE01UHU3M2t2ZlVaTVU5N013VTY2YW5Pd3FSZ21fX1habUIxS0lnTzh4a1BoMGxwQXZlNnBZd0tIcWtpTTgiLCJrdHkiOiJP"
     "S1AifX0.-oZZP39_G6vMKJpZoNz1Ur0TMyHdri2AUIF8IbKpvzgHFVa2Fz2GWQ.ppdvOWLjSEXosnVN.6OOExfjg5QNyBz2jGRLr"
     "yrKfqIWNVz6R4ccy1ai2edwJeUISC1Tcg8x7IQR9BoH7xQpw4_Yh6pBbdafSiWvtSFJkYiN0W-NRQJiHQ-HnTDtx0IiMFS4paCLT"
     "94Kb56mZhjjvm90.ZnPtZ9KUk4heZX2r66IQbw"},
    {"joserfc", "ECDH-ES+A192KW", "p256",
     "eyJhbGciOiJFQ0RILUVTK0ExOTJLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC0yNTYiLCJ4IjoiLUhLYWF2MFpq"
     "cjVINWlYYTBtWGZqWlB3VjlBWEQ0Sk1XMllCYU0zS3JIWSIsInkiOiI3SXZKRDdOUTFnTnhHUlRKRU1nWkdiUUhFVE9mTzdycGJj"
     "cmk0OGJYMGJ3Iiwia3R5IjoiRUMifX0.xY2P0MRQNfgMuhND61wiVsUITpReNcj0sTzGesujqUGQdLfWOMU41w.aHL8pecSRH_Af"
     "OrZ.u-K1GHAOAgsO39EyFNwGHlTYBB83tkqVT5vKt_E5jZamJP9JhsQFUejzUUVAasYHq3NBzV5GxEZ4Q-lc1DSr2KoUzzpDGSvf"
     "yrbc4iLokbxfb9LRr1afpTTwkMce_k2quf9cYLk.wEfWubhIQUgNVwEx-AKWww"},
    {"joserfc", "ECDH-ES+A192KW", "p384",
     "eyJhbGciOiJFQ0RILUVTK0ExOTJLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC0zODQiLCJ4IjoiZTAtbzM1QWNG"
     "YzBqcVpCMWJBeXdJUVpvNTlXRmJnQ2hZRTd0RmsxNXF1bFBGQ3ZDckVzbUkzb2Q2RmFBRGcxdSIsInkiOiJiSEd0ZXQ5ME40VEEt"
     "UWJTNG1VLVZBVm9MRURCa29Sa3BodFlqWndJaGNEOVRkQVFsWUZzaHBzRHBVUFhMQUVGIiwia3R5IjoiRUMifX0.m9jt1joGaKXy"
     "sJjyQj5UxZ86Kw3aRS66IQu3pPOgQcXR_v37r9LQxQ.oUUo1SqbsQfF6tQy.DdXmn5vh8RXpffK-sDOr82nKx1NZfUx-MiO7PrF3"
     "VbrGz91Jc-DHAGLwqftodLRaGz98_OfeQt7SM2ILYGBJkTYql5AboaSBiiMVj7ahVi3K6iuTX3i14p4w7dRYPJWqHoHCrZM.CUvu"
     "Tp-2VwiRy5ku1e1iVA"},
    {"joserfc", "ECDH-ES+A192KW", "p521",
     "eyJhbGciOiJFQ0RILUVTK0ExOTJLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC01MjEiLCJ4IjoiQVBqVklqcFFm"
     "UTE4WjY3d2ZnOHpfWEVfMXJ5ZUM3U0NJZ0E2Nl9HMjdwN294S1VwcEN2Mlc2elpQN19FeGhVQlFfR2ZiV01BTHpDVHNBaTl2Nzc4"
     "Y1RsaCIsInkiOiJBRkF0QlhkSXF4a3VhaE5kTll2Y1h6SFFNYV9ZeTZhbFR1bE9iQ2hYQ1pXUmdnRVA1Zm1YdS1zM0JWQ3hNTzJT"
     "cDduRTJucjVsdDZGMk1IQUdWU2NhNmlOIiwia3R5IjoiRUMifX0.Zl_owAm42gKjenc8Sf4J0kinmsAkNdSIl-48UCFHMYDEg-bR"
     "q_O4ww.AWcoV5fVSchNTCOs.qgf6j4IMWb-UOFC2TL3iWqyFBbzGFOmeXryeSityjcc4sVHFXKYZUSQcmzg6e3q61UbrASyng_bl"
     "DyB0aNp98bJ7KCx0zOBGBadvY4Ax5VnL3Dx0yltF1Y4rbQW_h4WwrdAtPqc.JBBYd093KNZldmSSUnYQeQ"},
    {"joserfc", "ECDH-ES+A192KW", "x25519",
     "eyJhbGciOiJFQ0RILUVTK0ExOTJLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiWDI1NTE5IiwieCI6Ild4S2NQc0s0"
     "UGhqSTdud3VxYXZheDA2QlFfeUhtN24zMlRQaFh0ZmVXZ0EiLCJrdHkiOiJPS1AifX0.azx9YY4tLXvUhSTiFUHXAzMY7hSggwK1"
     "uUO4jHk2GF6Dd5rDNwTpMg.SNDVQ7l_S9pMvo6G.7Y9MkGYDDVfRKKDbmYl4S8KQRt2CM0LK84btPy4_8tERmnBHSaPUDRp6cven"
     "SexTLUVx8lt9Cwst6Yp7Sa1uQyAseA3WJN-lpU3nZD6KLcgbbQY7OD_ncE9JC8iheVgu-yldNoE.dldAkrlcqx3T3gABDIeBHg"},
    {"joserfc", "ECDH-ES+A192KW", "x448",
     "eyJhbGciOiJFQ0RILUVTK0ExOTJLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiWDQ0OCIsIngiOiJwSFBGcG1SS3Mw"
     "VkFCSHV0UWk5NUh4c2NGaUFiX2haVWxIa05NQkVUakNPNHB6d0xLVWJoTS1oVU1tREpYZld3NDBRN0tKRkhBT0kiLCJrdHkiOiJP"
     "S1AifX0.4cBwqn3l7hbx72Kaw-cORW3l80lgc-SWTZYMW4UBiFG9csdFUnJi8w.aMrayHjKclfZmte9.cgjyeNzGYgVPAUaTxIjX"
     "DlpuR1FFu-6xfgslycjy3oZ3ngoASYzufU7Uv9qot7jp2t2wAcx6_lJ2Duqt3N7v5s_ePTYACV9M9fAO--8z7Epns6UfbObbHbZT"
     "e5qquIJKe3QwEtQ.k2DdggA61ZK9G5mtBIepOg"},
    {"joserfc", "ECDH-ES+A256KW", "p256",
     "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC0yNTYiLCJ4Ijoib0VjdTNDMk5a"
     "VjZTdG9ZYjlFN0doOUpOUXRySkVrUzNDNVdhNmhZT3hGZyIsInkiOiJwY0R6TnFpaDBkMzFBNGFJa2JwaUVBOXdrQ09mb1lfRlJ1"
     "OVFGZXRQcENVIiwia3R5IjoiRUMifX0.wKyZPVjOFloMUdwsdJpnBB0Ma8xw3NGr_supdkBJb6jPXGbHilsuSg.l5DlvrrYbP19b"
     "PG6.B4ZnoPkh4ySMGy10_ob-3OFPn6b_Oc9qn7ZO78ELu1zOrjc61JM9MyF_d8U1JbwuRq_sCiRwbuI8cYmuJdNt5VlKb-BTLIq6"
     "i5cwg27WAyGZy41OyyR1nczIGRIhlp4_gzC_v1k.TAZdqj6A9S3ZKkW7VKKXNg"},
    {"joserfc", "ECDH-ES+A256KW", "p384",
     "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC0zODQiLCJ4IjoiQUVTUHNGOFpa"
     "TnZEcVYxQVZkMDkwWENJX0t6RWhXazZNYmdSbFVUS3FIWGMxRnFIRjM2MUVfdmV2RE02SlpiZiIsInkiOiJOWTZtb3F0UFBaWVJa"
     "VnpfZktRbWsxcnllZE42MmswMnZiMnVZcktNQmhQQzlHeXowbWVXY002aWxrYTdOR0lNIiwia3R5IjoiRUMifX0.qoW3EedvZZGq"
     "OekhoJwop0R2Fq9-FE--TBBU1EGPjcLMr2kfLk4DyQ.3aCaXsckPOYME13e.CkK0Ia-miF_m7OalAWXdpblQnJTDuBHyL7Mv03yM"
     "H37vVqxJ7qjLFma9zhfH4tEFItOq6dWhgpPha4N_nu99zI_IHXh6fLfOZSGdoMx5-AX2oE_QvyuN9RO41BQtrg32jFT1uTs.xlBd"
     "bNXbv-1m0T1LN6h94g"},
    {"joserfc", "ECDH-ES+A256KW", "p521",
     "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiUC01MjEiLCJ4IjoiQUZqSDBham5a"
     "VWN0emZVd3pURnRsdlhXMHlkUXFvMzYtd1ZSU0ZmWThRa0U4S2t4SGhEZUhXV1ZvX1RlYkFCWi1Wa1R0aWZPRTF6SXJlLXRQUU96"
     "NVlKMCIsInkiOiJBRnhxUXdhc2gyVUM2VDRSdVp0WV9mNGwzR1ZOeVZSMVRpalVFbnVZaXBSTTY0bUtqUWNpTnctc19RQWVpMWJq"
     "eEZuNlpNU1NzT3ZvVTlEVDhuQjd5aEdTIiwia3R5IjoiRUMifX0.gWWV15lxxV4p5sfvYaWTLZkzRwQd-4z5xLkVcroASGsu0GjD"
     "liidPw.o_qovKz4k15WrbBq.BKzdnXF8tCWs4b8uqLlhztl5TX1pt6T9Voedw10Xwe15-uOO2nfjAlAsvTz3P-NIr6peu12t2w6b"
     "8Z6C6SoW2f0KOL1YbyrtnGcgyJSn2zeZD41mgfgnwvsAMI_Y4AH70r7Ioi4.G-GrWf2NS0WiFlIo0vNsgA"},
    {"joserfc", "ECDH-ES+A256KW", "x25519",
     "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiWDI1NTE5IiwieCI6IlNFc05yYW1y"
     "RV8zeHNSMUdFLWFLTUtJR1NRS0JGNGI3ZnVwR1BHeGZvZ3MiLCJrdHkiOiJPS1AifX0.Y_dNxGN0eJNhzuoAZQtHX4GPTUGuinyK"
     "g8T-wlb6GO5G_sMFmx7A0A.y5vC2PFeKMkE5PFV.GqfH8yHK_apExZPvnYtpTx9fDRuMDBsoaSdePcfuj6zI3Vhjuj50ykQlBjqY"
     "AOKzEjZt9GFEQYZtb4v3UjaoHw3zECfDba_kdXZrsCrO5Gyy0bAHu0ZbynYjV4-vBTkC4XIK75A.cy-qa82WpBD6tWF742yNsQ"},
    {"joserfc", "ECDH-ES+A256KW", "x448",
     "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsiY3J2IjoiWDQ0OCIsIngiOiJFTWJCdHNOSzlG"
     "b3hocExDckVTOGZOb01oTThncWlVRE5nQ3NTY1NSNmc2Y3NiLTh4RHJWbEZQR1kwMURmbzlFMlZPbVNOZ3lVTUkiLCJrdHkiOiJP"
     "S1AifX0.05ZRsL_P3JjQdlfmdce71STXSTLJjoRxKpK65t_PbF94-isuR377gw.tBkZ_ipQ6NpWVjAg.wRoDMK8cKOPqasdU6FM_"
     "Dyybss8DYlHgUKWsz8jVZRHfiFCta1sO9yPRZYBXhZPWqGkVvQcKN9-qhDPpualgCqQuS5IvFB82_qtC5dT2MkgxHD8jgosrOUOu"
     "0iVJd-qnpEWIMo0.nHOwdupNyysChkq93MWpKg"},
    {"joserfc", "ECDH-ES", "p256",
     "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSIsImVwayI6eyJjcnYiOiJQLTI1NiIsIngiOiJyaWZsS3c1ajJpcDBPT1BQ"
     "eDdUT0l0UjEyN0tRVG9rM05EQUp1aW1xbUwwIiwieSI6ImxjLTdSQkZNV2V2R1ZYMFpmT2t0eVllODhPSVB1UGU4Z3VvZk9Qc0dt"
     "VVEiLCJrdHkiOiJFQyJ9fQ..VEzz1AyTyUWfMMIz.7bqtqANN_dEiEG1I4aiAITe-VFJcZUxgjC6HHPrJyXrBxrEXk4Vc3ph1eG9"
     "HKp8lIXOnffxvPtMs-HrAMtgy0EMjZlkK50Gmuhyltndx1iK2V09gTNkUW7fhLTUhAFIT5otQc9c.HRn1SrOc-CaeQACyrqJpbg"},
    {"joserfc", "ECDH-ES", "p256",
     "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTE5MkdDTSIsImVwayI6eyJjcnYiOiJQLTI1NiIsIngiOiJkWjJTZ1RiZm9ZYWVmb2lL"
     "Zk9CX0c3VXViMkJrel92cjMtZlBJeGhyeExjIiwieSI6InFXNUhBYTBfWXJ0dEk1WTRSM0stSUtqejlpY2d2VENpUUxTcVMyYUVh"
     "aEUiLCJrdHkiOiJFQyJ9fQ..3WmSgVyMZ2NUsA0l.OP79KnHbvfKxng_n-6Rgt8x6nhe-UI10ulZP17RwfpEJkJ8tQ0HMwaaTeEj"
     "ocKVK4e4ryOh5LXxgK2T1OSnhUPKRqedVhg4j73k4BLjQaY46BUn1noWOkhNxnzUPU88z89nF7F8.nOyDXxRkniwXyGMYgvUEZg"},
    {"joserfc", "ECDH-ES", "p256",
     "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJjcnYiOiJQLTI1NiIsIngiOiJfck9OQlVIRFhNOHVIVmZ5"
     "SkFRaTdacVdLOUpyX00zeWk5V0tYUl8xYUpnIiwieSI6InI5QWdBRFlLOWQ2c2hVMWdYU2J4bl9rWW1weUdtb0s0N2o5LXhjekdp"
     "Zm8iLCJrdHkiOiJFQyJ9fQ..8qDWD9FvsuU7D9aJ.keTh5NBpHlRO5xHgTZD9DYg3nHefQMhZgf9tTM52j6p3mTUC-m4fUvRrYru"
     "i0RbPSwTrPhkziMZIXj0l7pdPAEPrOlrxXBOgo9zWpxZT6Dx5Jfi2te6YxSIJDH1B4ijxEMcIU9c.rTyTriKqFa4Iq-5S3vSzzg"},
    {"joserfc", "ECDH-ES", "p256",
     "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOENCQy1IUzI1NiIsImVwayI6eyJjcnYiOiJQLTI1NiIsIngiOiJhVHhva3dpajJa"
     "aXVnUEk4aHBzelhyeENMWVkwdE5xek15ODNyNnJoT2V3IiwieSI6InJxU2hMSDR5dEYyYUU1MGpNS3FxM3UtOE1RTWZhRElMS1pz"
     "bGc4Qm9RS0kiLCJrdHkiOiJFQyJ9fQ..jlsz-DLmuBcIBbcBukcqIA.q5L844vZxOyrd1e9lDzs4pPiZVT6e90Kx8nOEO6_HZU7H"
     "tCSbyeFwskrnzxa3jeS26JGQo4j-Gj6cX7Y95VW3JFlKAm9nAiinopCz6vSxLz3PhDFVY3QIArmwhWuCnh5sSAdX6jqpVJIASuAW"
     "zBJnw.ERiCvrATlxg5vhw2pzHfIA"},
    {"joserfc", "ECDH-ES", "p256",
     "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTE5MkNCQy1IUzM4NCIsImVwayI6eyJjcnYiOiJQLTI1NiIsIngiOiIxWGc5SjdWU0tK"
     "aUhkY2RzeFVwNFNYUGxEal9yNndNSDRXN1FYQXR4dFpnIiwieSI6IkVNZDdQakpkRUEyMGh2UEREblV3TVE4WnBvNnp3UzU4cURq"
     "dW4wbk5LaVkiLCJrdHkiOiJFQyJ9fQ..81_T1dTqavzmuJcXy8o8qg.h_95U-TxY7X4czADS6vCZmA-fUav7Ms_gy3i5NeFSle_a"
     "BfHe7_CovPMx-jluiE0wohr1lvWg-7WzkvMZ8R6TGX4bVsh7vu7LEkCHEPE94u5J1l8z4o8JjrAVuth0IyXHqBgOJfffnujPLCuu"
     "wVBqw.FfUdQdv_8bVVrJDYxw6Iw1AwppK2jtZ9"},
    {"joserfc", "ECDH-ES", "p256",
     "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkNCQy1IUzUxMiIsImVwayI6eyJjcnYiOiJQLTI1NiIsIngiOiIzM1RjOHVoZkRk"
     "WHZFa2NPdEhhMUdpRU9kc0FtLVRJdng3c2wxYjFmVFY0IiwieSI6Il9QcnN0SkJVR0JEUFlRdzRRV1luaG9TallvWTdkWmpkdWlz"
     "NWgwZEI3bGsiLCJrdHkiOiJFQyJ9fQ..d-w5jkxCVLdSswvz1Va8vg.no6R0S7oBwyNLwYhs5qtsOlRF_2N-MZvI-ksDixpFP8sC"
     "WG71xe105P0mUXGI6NK8DXuLoYOQz8vDFsTNOSWIs-zl4Py2zEn_xErYjZoI3KlcLAkS57Eo0KOT0w7HbE5J34W6opB_akIEli4J"
     "cvSxw.MEV4259eMuUU8iQndm-g4QNwctOlpsvPKtkTuTZYWvE"},
};

/// ES256 (p256) in A256KW (o32).
inline constexpr char nested_token[] =
     "eyJhbGciOiJBMjU2S1ciLCJlbmMiOiJBMjU2R0NNIiwiY3R5IjoiSldUIn0.ahRvAt23iCbcvxy53DgAiqAiMsu76PdK66AGSoO0"
     "n94oJJOsVG7A5A.DkY_Z-Z5VAU6MlT7.s77fZqHHtWTbHP57yOxL39sjkGptbrusRUgg7w5Xoi7AH6E5wv0_ilH6n6iIQgpcDnSU"
     "4HnEATyBmELFwxJlaBLUMAzlVfg5ouaiopFY5E52JRY8RAFGWevZ4k2YvZEWgB2cnMv-VitKcoec1NZ49_7XxkVkj_IbsiQ1o8MZ"
     "6aOZLkaLEDOfEYf-HcKMAzNmi-8Q69fgu_xZdxIHGbt28mM4kpnZH0vPDBGqIsmfp9DIq2gW6nLGTE_dyAou6XBJJ89oeroimeVg"
     "dpvfsUsvpns7vnCfdkM44R1x-4IwK2hRDXBBEqPbqYz0rbYGxG0hpscO.Gwj6etzvSKMskBLbaqkw2Q";

}  // namespace gh::jose::made
