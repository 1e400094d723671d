/// What the entries of a header are about, as "RPM Tags" of rpm's manual lists it.
enum RPMTag: UInt32 {
    // Of both headers: the entry that says which others it vouches for.
    case signatureRegion = 62
    case headerRegion = 63

    case translations = 100
    case name = 1000
    case version = 1001
    case release = 1002
    case epoch = 1003
    case summary = 1004
    case description = 1005
    case buildTime = 1006
    case buildHost = 1007
    case size = 1009
    case license = 1014
    case packager = 1015
    case group = 1016
    case url = 1020
    case system = 1021
    case architecture = 1022
    case pre = 1023
    case post = 1024
    case preun = 1025
    case postun = 1026
    case fileSizes = 1028
    case fileModes = 1030
    case fileDevices = 1033
    case fileTimes = 1034
    case fileDigests = 1035
    case fileLinks = 1036
    case fileFlags = 1037
    case fileUsers = 1039
    case fileGroups = 1040
    case sourcePackage = 1044
    case fileVerifyFlags = 1045
    case provideNames = 1047
    case requireFlags = 1048
    case requireNames = 1049
    case requireVersions = 1050
    case triggerScripts = 1065
    case triggerNames = 1066
    case triggerVersions = 1067
    case triggerFlags = 1068
    case triggerIndexes = 1069
    case changelogTimes = 1080
    case changelogNames = 1081
    case changelogTexts = 1082
    case preProgram = 1085
    case postProgram = 1086
    case preunProgram = 1087
    case postunProgram = 1088
    case triggerPrograms = 1092
    case fileSystems = 1095
    case fileInodes = 1096
    case fileLanguages = 1097
    case provideFlags = 1112
    case provideVersions = 1113
    case folderIndexes = 1116
    case baseNames = 1117
    case folderNames = 1118
    case payloadFormat = 1124
    case payloadCompressor = 1125
    case payloadFlags = 1126
    case longFileSizes = 5008
    case longSize = 5009
    case fileDigestAlgorithm = 5011
    case orderNames = 5035
    case orderVersions = 5036
    case orderFlags = 5037
    case encoding = 5062
    case payloadDigest = 5092
    case payloadDigestAlgorithm = 5093
    case uncompressedPayloadDigest = 5097
}

/// What the entries of the signature are about, as "V4 Package format" of rpm's manual lists it.
///
/// Some numbers mean something else than in the header.
enum RPMSignatureTag: UInt32 {
    case sha1 = 269
    case longPackageSize = 270
    case longPayloadSize = 271
    case sha256 = 273
    case packageSize = 1000
    case md5 = 1004
    case payloadSize = 1007
    case reserved = 1008
}
