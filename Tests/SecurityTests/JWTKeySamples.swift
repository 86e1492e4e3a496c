/// Keys in PEM, published ones and such as nothing else uses.
enum JWTKeySamples {
  /// The public key of RFC 7515 appendix A.3.
  static let publishedP256 = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7
    6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
    -----END PUBLIC KEY-----
    """
  /// The key of RFC 8037 appendix A.1.
  static let publishedEd25519Private = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
    -----END PRIVATE KEY-----
    """
  /// The public half of it.
  static let publishedEd25519 = """
    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
    -----END PUBLIC KEY-----
    """
  /// The public key of RFC 7515 appendix A.2.
  static let publishedRSA = """
    -----BEGIN PUBLIC KEY-----
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAofgWCuLjybRlzo0tZWJj
    NiuSfb4p4fAkd/wWJcyQoTbji9k0l8W26mPddxHmfHQp+Vaw+4qPCJrcS2mJPMEz
    P1Pt0Bm4d4QlL+yRT+SFd2lZS+pCgNMsD1W/YpRPEwOWvG6b32690r2jZ47soMZo
    9wGzjb/7OMg0LOL+bSf63kpaSHSXndS5z5rexMdbBYUsLA9e+KXBdQOS+UTo7WTB
    EMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6/I5IhlJH7aGhyxX
    FvUK+DWNmoudF8NAco9/h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXp
    oQIDAQAB
    -----END PUBLIC KEY-----
    """
  /// An RSA key of 1,024 bits.
  static let shortRSA = """
    -----BEGIN PUBLIC KEY-----
    MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDTcfwpF+PBrBGmHIbTbiTmFDaG
    tg1ej9WDXYQOyG1dcx54WPIZbbVkQUgE/aZI5pp1qGKCZKN4Oxhau9jy7cLUtSJf
    eVUrf1i24pYqIqx/8JZ299K5/yoICZxJu2GgxAnkstZOWsyWFqtjB9QGbU9+La3l
    jVUAgmCF0+GFNujykQIDAQAB
    -----END PUBLIC KEY-----
    """
  /// A key on another curve than ES256's.
  static let p384 = """
    -----BEGIN PUBLIC KEY-----
    MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAE28w/AWEi3Zw+jPWEzQPZy0tAapZOgxzE
    QanhKePHjz9UXmXu+YGUNaU8hMiJKT66IKZd3lMgp7VCF6UyQt/IZN2yYcb5d6Ow
    HDcl1rUifLy47Rj8AlQ2kLvb21l6SS8m
    -----END PUBLIC KEY-----
    """
  /// A key of no other use than these tests.
  static let p256Private = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgEG/wrfhIiiJs19lB
    8uLQydrbKnRbpXPvwnPjv5KUq0ahRANCAAS/SL9T97OWoeNCKLUwJfjd2XruO/Fk
    jOaANbJMwzky5g/0JeTjS75FfjOAHjszrSJuFBm8FNJ9ILZCJKQbT+C0
    -----END PRIVATE KEY-----
    """
  /// A key of no other use than these tests.
  static let rsaPrivate = """
    -----BEGIN PRIVATE KEY-----
    MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQC57zEmdnZbYhyR
    7s9RrEi+IIN5zww2hOZWnLkA+AlWxNIdDHdGbpp2m2YD0M27fCJB/8ycb8atYZQm
    1IqSaYU/dNVRWvSnsZYLEeBJ7aD9Y6eSULth4bsdw6DF4AwtdJv2N24lcRyFGMF+
    L8VDWsU/7DAK4Lh/R7+Fx2Jw7C7/SAYbnPEgD15kJhD4M0GtFEHyRTEReHIdU+Md
    +IfPm8dIo5qsV1z+P58lu38qPtNyQwkNhZ48PEU0KN7FSsfmB1Ht/CjIxcHwHHNS
    0FM1zYG19JRoVSEgKU3KDUWYoTbYwO9vIt4y8YV00s1jHcGedab7yKnZLwT0Nkog
    KAhsp3X1AgMBAAECggEABWytCmo6WcArBTbqZX+ZP7LDIzKfMJgAAFbiLt0NqLJl
    TuOmNy/S4dL2zvWwit+8QCCuX4IDUdue7uMUh+D8OjW2Y4E70gikT/5dhMqh/8KA
    iQxB60EirGOgtSUsNcdJJY3IcN8z7c4jFwNdxfFH/+1sGWUk/NGjDMwcWx8I3/m1
    J7pcAMrusou9UWsGTmRZcA00aaRjx0oX6ea+cGXUp65dW0Gy34LUNoEspkdoRzCa
    Czrb/3jD2XdL4wvZ0qsIeIK8iW7+6LidBn7J38kl45t/Zu7cO7pIXpb72yQdZ7jf
    5sYCzauho/lfF60cQYsL1ROXUKKRJZ5sc0s6ezisAQKBgQDxyrbFFd04E6p7ZI/7
    BhFIrFqEu8jd6fhurXxGBLvJuj6kPp65JEcnU6B05B66pFlKAbxg95QRs1mkkrvb
    Iq307Z2zX0XmIMTyKZ+KSGF/wN2FY4r7yma4wFaKZvSO0ufeEjL/e3ZguzrkaBOY
    A7ca+z9+Vmh0kxAviuYsObNmIQKBgQDE3DYB1/7Nv43PzFyeS5wrBubcsJ/beUP/
    JsHVuSpLAr5DVTY2bypQAqgBxzBbZveBeobuw3vXFlivtUVvo6LZ2WD/B428yPqe
    M2QmTn11AK/Tx/fHzNqrajO51qHfNTU8QV38NyewBk+72lfUGCjwq/5n/9iI21Cs
    BtcLiUrtVQKBgBaZ6ke16X3KaM8r8UF3qbnvUm7B1t7Xdf9yfAFXg+4xWJWlvNR1
    jakhaghDIpQztJz0WJV/zvlwmFqH1MOBFF2msG0J5NDEE2THe0BDz8lPT+WeDmnG
    2589a1l4kjefg0kAzn+PHNuh5Llg+SPmhQEipya6EP2Emai4BRfxNNHBAoGAJLKM
    WtGiDUbNL9R/235q0VaLCM7gLfCwLUtTTP0kljEfuLuUzJbyg1HLcfFo4VETiI6H
    wtCsME9ZHwAivon5nLS6MTB+SpgIqB8aZ02wc3Q6UrdvSE624Md+dwE80bhAgUgK
    Ni8t9dFnYbR1NPOABkV5undmLTT9F+R6iAsC7bUCgYBPfq+5szarYsWxOQNBLyYD
    ZYckvwkNnrBTKJPhvOUpUF0B6xWTdqalr5UdPPG+t5MdfcB3ngx7PBahzWOiVhvW
    bKHcDSYz9GaLEMMp3wInO4y0z1BWE5Zttlk+jFMMsSPX6mjdW6YXOmKVIunHvWdY
    gbvP+CGY66KXdh1fPvTivw==
    -----END PRIVATE KEY-----
    """
  /// `p256Private`, under a password.
  static let lockedP256Private = """
    -----BEGIN ENCRYPTED PRIVATE KEY-----
    MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBBULq9LspFp8DRnIBF7
    gDuKAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQElz00MUBvS9EXpML
    cEhICwSBkD4Q2WY6ribZuevbL7mylOyuvHsw6JU37wqS2Rg+3pANJ+/gc9XYyr12
    BP1wAfHL5gc5LBrLSrD9Kl98MZODdGZMef9UfeQk3crKEjrA8EJ4Scf/IX7WBBGW
    FE9QhkoCIcYKG15zGThPNObbsS9cM+SduUBPaO9UH/XK4fiXG2iaKhf3gYdoikrC
    EcxpmAyM+A==
    -----END ENCRYPTED PRIVATE KEY-----
    """
}
