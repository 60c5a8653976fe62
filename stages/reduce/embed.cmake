# cmake -DINPUT=FILE -DOUTPUT=FILE -DNAME=ARRAY -P embed.cmake
# Writes a header with the bytes of a file as an array of constants.
file(READ ${INPUT} BYTES HEX)
string(REGEX REPLACE "(................................)" "\\1\n" BYTES ${BYTES})
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," BYTES ${BYTES})
file(WRITE ${OUTPUT}
    "static const unsigned char ${NAME}[] = {\n${BYTES}\n};\n")
